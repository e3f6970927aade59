using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.EventStore;

namespace OperationTracker.Tests.Projections;

/// <summary>What tests of projections ask of a tracker's database.</summary>
internal static class ProjectionFixture
{
    public static Task<RebuildProgress> RebuildAsync(
        this TrackerFixture tracker, RebuildOptions? options = null, Action<RebuildProgress>? onProgress = null,
        Action<EventFault>? onFault = null, CancellationToken cancel = default) =>
        tracker.Database.RebuildAsync(options, onProgress, onFault, cancel);

    public static Task<RebuildProgress> RebuildAsync(
        this TrackerDatabase database, RebuildOptions? options = null, Action<RebuildProgress>? onProgress = null,
        Action<EventFault>? onFault = null, CancellationToken cancel = default) =>
        new ProjectionRebuild(
            database, options ?? new RebuildOptions(), TimeProvider.System, onProgress ?? (_ => { }),
            onFault ?? (_ => { }))
            .RunAsync(cancel);

    /// <summary>What a verification of everything finds.</summary>
    public static async Task<IReadOnlyList<ViewDifference>> FindDifferencesAsync(
        this TrackerFixture tracker, bool withMembers = false)
    {
        var found = new List<ViewDifference>();
        var options = new RebuildOptions { OnFault = OnEventFault.SkipAndReport };
        var result = await new ViewVerification(tracker.Database, options, TimeProvider.System, withMembers)
            .RunAsync(found.Add, _ => { }, _ => { }, CancellationToken.None);
        result.Differences.ShouldBe(found.Count);
        return found;
    }

    public static async Task<ProjectionState> StatusAsync(this TrackerFixture tracker) =>
        (await new ProjectionCatalog(tracker.Database)
            .FindAsync(ProjectionRebuild.Operations, CancellationToken.None))!;

    public static async Task<string> TextAsync(this TrackerFixture tracker, string query) =>
        (string)(await tracker.ExecuteAsync(query))!;
}
