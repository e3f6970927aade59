using OperationTracker.Benchmarks.Reporting;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>64 clients that all write one operation, against as many that write many.</summary>
internal sealed class HotScenario(ScenarioContext context)
{
    private readonly Rounds _rounds = new("hot");

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var (_, tracker) = await context.StartTrackerAsync(cancel);
        await using var running = tracker;
        await ScenarioContext.WarmUpAsync(context.Load("put", tracker), cancel);
        for (var round = 1; round <= context.Rounds; round++)
        {
            ScenarioContext.Say($"hot, round {round}");
            _rounds.Add("spread", await context.Load("put", tracker).RunAsync(cancel));
            _rounds.Add("hot", await context.Load("hot", tracker).RunAsync(cancel));
        }

        _rounds.Compare("rate/spread", "hot.rate", "PUTs of one operation", "PUT/s", "spread.rate", "PUTs of many");
        _rounds.Compare("p99/spread", "hot.p99", "PUTs of one operation, p99", "ms", "spread.p99", "PUTs of many");
        _rounds.TellCpu("hot", "PUTs of one operation", "PUT");
        _rounds.TellMemory(tracker.MemoryMegabytes());
        return _rounds.Figures;
    }
}
