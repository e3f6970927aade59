using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Baselines;

/// <summary>The least that writing durably can take: one row into a small table, one client.</summary>
internal sealed class BareCommit(PgBench pgBench, string database)
{
    public static async Task<BareCommit> PrepareAsync(PgBench pgBench, BenchmarkServer server, CancellationToken cancel)
    {
        var database = await server.CreateDatabaseAsync(cancel);
        await BenchmarkServer.ExecuteAsync(database, "create table bare (id bigint primary key)", cancel);
        return new BareCommit(pgBench, database);
    }

    public Task<LatencySummary> LatencyAsync(double seconds, CancellationToken cancel) =>
        pgBench.LatencyAsync(database, "insert into bare values (:id);", seconds, cancel);
}
