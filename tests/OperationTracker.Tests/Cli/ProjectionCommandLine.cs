using System.Text.Json;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Cli;

/// <summary>A tracker's database, and <c>optrack projections</c> run on it.</summary>
public abstract class ProjectionCommandLine : IAsyncLifetime
{
    private protected TrackerFixture Tracker { get; private set; } = null!;

    public async Task InitializeAsync() => Tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await Tracker.DisposeAsync();

    private protected Task<Outcome> RunAsync(params string[] arguments) =>
        OptrackProcess.RunAsync(["projections", .. arguments, "--database", Tracker.ConnectionString]);

    private protected Task StoreAsync(int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            await Tracker.Store.PutAsync(Document($"op-{i:D6}", note: "first"));
            if (i % 2 == 1)
                await Tracker.Store.PutAsync(Document($"op-{i:D6}", note: $"then {i}"));
        });

    private protected static JsonElement Result(Outcome outcome) => Line(outcome, "result");

    private protected static JsonElement Line(Outcome outcome, string kind) => JsonDocument.Parse(
        outcome.Out.Trim().Split('\n').Single(line => line.StartsWith($"{{\"{kind}\"", StringComparison.Ordinal)))
        .RootElement.GetProperty(kind);
}
