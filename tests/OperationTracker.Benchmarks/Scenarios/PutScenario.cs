using OperationTracker.Benchmarks.Baselines;
using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// PUTs of one size of document, at several numbers of connections, against one transaction for each PUT.
/// </summary>
internal sealed class PutScenario(ScenarioContext context, string name, int bytes)
{
    private static readonly int[] ConnectionCounts = [1, 16, 64, 256];
    private readonly Rounds _rounds = new(name);

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var (database, tracker) = await context.StartTrackerAsync(cancel);
        await using var running = tracker;
        await ScenarioContext.WarmUpAsync(Load(tracker, 64), cancel);
        var (locked, free, commit) = context.PgBench is { } pgBench
            ? (await PrepareAsync(pgBench, true, cancel), await PrepareAsync(pgBench, false, cancel),
                await BareCommit.PrepareAsync(pgBench, context.Server, cancel))
            : default;
        for (var round = 1; round <= context.Rounds; round++)
        {
            ScenarioContext.Say($"{name}, round {round}");
            if (locked is not null)
                _rounds.Add("locked", await locked.RateAsync(context.Seconds, cancel));
            await MeasureWritesAsync(tracker, database, cancel);
            if (free is not null)
                _rounds.Add("free", await free.RateAsync(context.Seconds, cancel));
            _rounds.Add("16", await Load(tracker, 16).RunAsync(cancel));
            if (commit is not null)
                _rounds.Add("commit", (await commit.LatencyAsync(context.Seconds, cancel)).P50);
            _rounds.Add("1", await Load(tracker, 1).RunAsync(cancel));
            _rounds.Add("256", await Load(tracker, 256).RunAsync(cancel));
            var half = Load(tracker, 64) with { Rate = _rounds.Last("64.rate") / 2 };
            _rounds.Add("half", await half.RunAsync(cancel));
            if (commit is not null)
                _rounds.Add("paced", (await commit.LatencyAtAsync(half.Rate!.Value, context.Seconds, cancel)).P99);
        }

        Tell(locked, free, commit is not null);
        _rounds.TellMemory(tracker.MemoryMegabytes());
        return _rounds.Figures;
    }

    private LoadProcess Load(HttpServerProcess tracker, int connections) =>
        context.Load("put", tracker) with { Bytes = bytes, Connections = connections };

    private async Task<OneTransactionPerPut> PrepareAsync(PgBench pgBench, bool isLocked, CancellationToken cancel)
    {
        ScenarioContext.Say(
            $"{name}, looking for the best client count of pgbench {(isLocked ? "with" : "without")} the lock");
        var database = await context.CreateMigratedAsync(cancel);
        return await OneTransactionPerPut.PrepareAsync(
            pgBench, database, bytes, isLocked, Math.Max(1, context.Seconds / 2), cancel);
    }

    /// <summary>At 64 connections, with what it costs on disk.</summary>
    private async Task MeasureWritesAsync(HttpServerProcess tracker, string database, CancellationToken cancel)
    {
        var walBefore = await context.Server.WalBytesAsync(cancel);
        var diskBefore = await context.Server.DatabaseBytesAsync(database, cancel);
        var load = await Load(tracker, 64).RunAsync(cancel);
        _rounds.Add("64", load);
        _rounds.Add("wal", (await context.Server.WalBytesAsync(cancel) - walBefore) / load.AllAnswers);
        _rounds.Add("disk", (await context.Server.DatabaseBytesAsync(database, cancel) - diskBefore) / load.AllAnswers);
    }

    private void Tell(OneTransactionPerPut? locked, OneTransactionPerPut? free, bool hasCommit)
    {
        const string What = "PUT at 64 connections";
        if (locked is not null)
            _rounds.Compare(
                "64.rate/locked", "64.rate", What, "PUT/s", "locked",
                $"pgbench with the lock, clients: {locked.Clients}");
        if (free is not null)
            _rounds.Compare(
                "64.rate/free", "64.rate", What, "PUT/s", "free", $"pgbench without a lock, clients: {free.Clients}");
        foreach (var connections in ConnectionCounts)
            _rounds.TellLoad($"{connections}", $"PUT at {connections} connection{(connections > 1 ? "s" : "")}", "PUT");
        if (hasCommit)
            _rounds.Compare(
                "1.p50/commit", "1.p50", "PUT at 1 connection, p50", "ms", "commit", "a bare insert's commit");
        _rounds.Tell("half.rate", "PUT in an open loop at half the rate of 64 connections", "PUT/s");
        _rounds.Tell("half.p50", "PUT at half of the rate, p50", "ms");
        _rounds.Tell("half.p99", "PUT at half of the rate, p99", "ms");
        if (hasCommit)
            _rounds.Compare(
                "half.p99/paced", "half.p99", "PUT at half of the rate, p99", "ms", "paced",
                "bare inserts at the same rate");
        _rounds.Tell("wal", "WAL of a PUT", "bytes");
        _rounds.Tell("disk", "growth of the database by a PUT", "bytes");
    }
}
