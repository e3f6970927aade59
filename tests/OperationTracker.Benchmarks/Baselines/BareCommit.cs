using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Baselines;

/// <summary>The least that writing durably can take: one row into a small table.</summary>
internal sealed class BareCommit(PgBench pgBench, string database)
{
    private const string Script = "insert into bare values (:id);";

    /// <summary>Enough to keep any rate at which the tracker is measured.</summary>
    private const int PacedClients = 16;

    public static async Task<BareCommit> PrepareAsync(PgBench pgBench, BenchmarkServer server, CancellationToken cancel)
    {
        var database = await server.CreateDatabaseAsync(cancel);
        await BenchmarkServer.ExecuteAsync(database, "create table bare (id bigint primary key)", cancel);
        return new BareCommit(pgBench, database);
    }

    /// <summary>By one client, as fast as it can.</summary>
    public Task<LatencySummary> LatencyAsync(double seconds, CancellationToken cancel) =>
        pgBench.LatencyAsync(database, Script, seconds, cancel);

    /// <summary>In an open loop at a rate: what of a latency there is the machine's and the disk's own.</summary>
    public Task<LatencySummary> LatencyAtAsync(double rate, double seconds, CancellationToken cancel) =>
        pgBench.LatencyAsync(database, Script, seconds, cancel, PacedClients, rate);
}
