using System.Globalization;
using Npgsql;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// Another client takes all connections of PostgreSQL, and the nodes' own are cut: they say that they cannot, and when
/// to come again, until the other client leaves.
/// </summary>
internal static class NoConnections
{
    private const int Cycles = 5;
    private const string What = "no connections left";
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Trial trial, CancellationToken cancel)
    {
        await using var cluster = await Cluster.StartAsync(trial.Options, cancel);
        var judge = await trial.RunCyclesAsync(
            cluster, Cycles, (judge, cycle) => RunCycleAsync(trial, cluster, judge, cycle, cancel), cancel);
        await judge.FinishAsync(cancel);
    }

    private static async Task RunCycleAsync(
        Trial trial, Cluster cluster, Judge judge, int cycle, CancellationToken cancel)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"c{cycle}-");
        using var ledger = new Ledger(trial.Options.Directory, cycle);
        using var prober = new Prober(trial, cluster, prefix, ledger);
        await prober.BeginAsync(cancel);
        using (var load = trial.StartLoad(cluster, cycle, prefix, ledger, cancel))
        {
            await Task.Delay(Warm, cancel);
            var taken = await TakeAllAsync(cluster, cancel);
            trial.Tell(string.Create(CultureInfo.InvariantCulture, $"cycle {cycle}: {taken.Count} connections taken"));
            for (var until = DateTime.UtcNow + Hold; DateTime.UtcNow < until; await Task.Delay(200, cancel))
            {
                await prober.ExpectRefusalAsync(What, cancel);
                if (await prober.PutStatusAsync(cancel) is not 503 and var status)
                    trial.Violations.Add(
                        "refusals", string.Create(CultureInfo.InvariantCulture, $"{What}: PUT {status}"));
                foreach (var said in await prober.ReadinessAsync(cancel)) trial.Count($"readiness, {What}: {said}");
            }

            foreach (var connection in taken) await connection.DisposeAsync();
            trial.Longest(
                "seconds until all nodes answered, at most", await prober.UntilAllAnswerAsync(Recovery, cancel));
            await load.RestAsync();
        }

        trial.Count("cycles");
        await trial.JudgeAsync(judge, prefix, ledger.Attempts, cancel);
    }

    /// <summary>Cuts off the nodes and is quicker than they are, at the latest the tenth time.</summary>
    private static async Task<List<NpgsqlConnection>> TakeAllAsync(Cluster cluster, CancellationToken cancel)
    {
        var taken = new List<NpgsqlConnection>();
        for (var turn = 0; turn < 10; turn++)
        {
            cluster.DatabaseProxies.ForEach(proxy => proxy.Weather = Network.Weather.Blackhole);
            cluster.DatabaseProxies.ForEach(proxy => proxy.Cut());
            for (var refused = 0; refused < 5;)
            {
                var connection = new NpgsqlConnection(
                    new NpgsqlConnectionStringBuilder(cluster.Postgres.ConnectionString) { Pooling = false }
                        .ConnectionString);
                try
                {
                    await connection.OpenAsync(cancel);
                    taken.Add(connection);
                }
                catch (PostgresException)
                {
                    await connection.DisposeAsync();
                    refused++;
                    await Task.Delay(10, cancel);
                }
            }

            cluster.DatabaseProxies.ForEach(proxy => proxy.Weather = Network.Weather.Fair);
            cluster.DatabaseProxies.ForEach(proxy => proxy.Cut());
        }

        return taken;
    }
}
