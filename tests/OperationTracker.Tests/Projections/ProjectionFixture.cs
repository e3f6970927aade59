using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

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

    /// <summary>Operations with some history, refusals and clusters among it.</summary>
    public static async Task PutSomeAsync(this TrackerFixture tracker, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await tracker.Store.PutAsync(Document($"op-{i}"));
            for (var change = 0; change < i % 4; change++)
                await tracker.Store.PutAsync(Document($"op-{i}", note: $"step {change}"));
            if (i % 5 == 0)
                await tracker.Store.PutAsync(Document($"op-{i}", OperationStatus.Completed));
        }
    }

    /// <summary>Both tables, as text.</summary>
    public static Task<string> TablesAsync(this TrackerFixture tracker) => tracker.TextAsync("""
        select (select string_agg(o::text, E'\n' order by operation_id) from tracker.operations o) || E'\n---\n' ||
               coalesce((select string_agg(o::text, E'\n' order by operation_id, valid_from)
                         from tracker.past_operations o), '')
        """);
}
