using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// Three trackers on one database, against one. The clients are as many, and each operation's steps come to different
/// nodes.
/// </summary>
internal sealed class NodesScenario(ScenarioContext context)
{
    private readonly Rounds _rounds = new("nodes");

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var (database, first) = await context.StartTrackerAsync(cancel);
        await using var one = first;
        await using var two = await HttpServerProcess.StartTrackerAsync(database, cancel);
        await using var three = await HttpServerProcess.StartTrackerAsync(database, cancel);
        HttpServerProcess[] all = [one, two, three];
        foreach (var tracker in all)
            await ScenarioContext.WarmUpAsync(context.Load("put", tracker), cancel);
        for (var round = 1; round <= context.Rounds; round++)
        {
            ScenarioContext.Say($"nodes, round {round}");
            _rounds.Add("1", await context.Load("put", one).RunAsync(cancel));
            _rounds.Add("3", await context.Load("put", all).RunAsync(cancel));
        }

        _rounds.Compare("3.rate/1", "3.rate", "PUTs to three trackers", "PUT/s", "1.rate", "to one");
        _rounds.Compare("3.p99/1", "3.p99", "PUTs to three trackers, p99", "ms", "1.p99", "to one");
        _rounds.TellCpu("3", "PUTs to three trackers", "PUT");
        _rounds.TellMemory([.. all.Select(tracker => tracker.MemoryMegabytes())]);
        return _rounds.Figures;
    }
}
