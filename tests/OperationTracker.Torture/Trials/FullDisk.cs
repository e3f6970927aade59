using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// The volume of the data, or that of the write-ahead log, has no space left for some seconds of load. Without space
/// for data PostgreSQL serves what it has and refuses to write; without space for its log it panics and cannot start
/// until there is some, and its supervisor, the product's own, tries again and again.
/// </summary>
internal static class FullDisk
{
    private const int Cycles = 20;
    private const int Megabytes = 768;
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Bites = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Hold = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Trial trial, CancellationToken cancel)
    {
        var directory = trial.Options.Directory;
        await using var data = await Volume.InMemoryAsync(Path.Combine(directory, "data-volume"), Megabytes);
        await using var wal = await Volume.InMemoryAsync(Path.Combine(directory, "wal-volume"), Megabytes);
        var place = Path.Combine(data.Path, "data");
        await PutLogAsideAsync(place, wal, directory, cancel);
        await using var cluster = await Cluster.StartAsync(trial.Options, cancel, place);
        var judge = await trial.RunCyclesAsync(
            cluster, Cycles,
            (judge, cycle) => new FullDiskCycle(trial, cluster, cycle % 2 == 1 ? data : wal, isLog: cycle % 2 == 0)
                .RunAsync(judge, cycle, cancel),
            cancel);
        await FullDiskCommands.RunAsync(trial, cluster, data, cancel);
        await judge.FinishAsync(cancel);
    }

    /// <summary>Makes the cluster, with its write-ahead log on a volume of its own.</summary>
    private static async Task PutLogAsideAsync(string place, Volume wal, string directory, CancellationToken cancel)
    {
        await using var postgres = await PrivatePostgres.StartAsync(
            place, Path.Combine(directory, "postgres.log"), cancel);
        await postgres.StopAsync();
        var (old, own) = (Path.Combine(postgres.Cluster, "pg_wal"), Path.Combine(wal.Path, "pg_wal"));
        await Tool.RunAsync("cp", "-a", old, own);
        Directory.Delete(old, recursive: true);
        Directory.CreateSymbolicLink(old, own);
        // Its log must not fill the volume by itself.
        await File.AppendAllTextAsync(
            Path.Combine(postgres.Cluster, "postgresql.conf"), "max_wal_size = 192MB\n", cancel);
    }

    /// <summary>One time without space.</summary>
    private sealed class FullDiskCycle(Trial trial, Cluster cluster, Volume volume, bool isLog)
    {
        private readonly string _what = isLog ? "log" : "data";

        public async Task RunAsync(Judge judge, int cycle, CancellationToken cancel)
        {
            var prefix = string.Create(CultureInfo.InvariantCulture, $"d{cycle}-");
            trial.Tell(string.Create(CultureInfo.InvariantCulture, $"cycle {cycle}: no space for the {_what}"));
            var processes = cluster.Nodes.Select(node => node.Id).ToList();
            using var ledger = new Ledger(trial.Options.Directory, cycle);
            using var prober = new Prober(trial, cluster, prefix, ledger);
            await prober.BeginAsync(cancel);
            using (var load = trial.StartLoad(cluster, cycle, prefix, ledger, cancel))
            {
                await Task.Delay(Warm, cancel);
                var panics = cluster.Postgres.Panics;
                volume.Fill();
                await UntilItBitesAsync(prober, panics, cancel);
                await AskWhileFullAsync(prober, cancel);
                volume.Free();
                var worst = await prober.UntilAllAnswerAsync(Recovery, cancel);
                trial.Longest($"seconds from space for the {_what} to answers of all nodes, at most", worst);
                trial.Count($"panics, no space for the {_what}", cluster.Postgres.Panics - panics);
                await load.RestAsync();
            }

            trial.Count($"times without space for the {_what}");
            if (!cluster.Nodes.Select(node => node.Id).SequenceEqual(processes)
                || cluster.Nodes.Any(node => node.Crashed))
                trial.Violations.Add("nodes", "a tracker's process has ended");
            await trial.JudgeAsync(judge, prefix, ledger.Attempts, cancel);
        }

        /// <summary>Space within files and segments that are there already is used up first.</summary>
        private async Task UntilItBitesAsync(Prober prober, int panics, CancellationToken cancel)
        {
            for (var since = Stopwatch.StartNew(); ;)
            {
                if (isLog && cluster.Postgres.Panics > panics) return;
                if (!isLog && await prober.PutStatusAsync(cancel) == 503) return;
                if (since.Elapsed > Bites)
                    throw new InvalidOperationException($"The full volume of the {_what} changed nothing.");
                if (isLog) await SwitchSegmentAsync(cancel);
            }
        }

        private async Task AskWhileFullAsync(Prober prober, CancellationToken cancel)
        {
            var isTold = isLog;
            for (var since = Stopwatch.StartNew(); since.Elapsed < Hold; await Task.Delay(200, cancel))
            {
                if (isLog) await prober.ExpectRefusalAsync($"no space for the {_what}", cancel);
                else await prober.ExpectReadsAsync(_what, cancel);
                await prober.PutStatusAsync(cancel);
                foreach (var said in await prober.ReadinessAsync(cancel))
                {
                    trial.Count($"readiness, no space for the {_what}: {said}");
                    isTold |= said.Contains("append", StringComparison.Ordinal);
                }
            }

            if (!isTold) trial.Violations.Add("readiness", "no node's readiness told that nothing could be stored");
        }

        private async Task SwitchSegmentAsync(CancellationToken cancel)
        {
            try
            {
                await using var administrator = await cluster.Postgres.OpenAsAdministratorAsync(cancel);
                await using var command = new NpgsqlCommand("select pg_switch_wal()", administrator);
                await command.ExecuteNonQueryAsync(cancel);
            }
            catch (NpgsqlException)
            {
                // It is down, which is what this is for; or is still coming to it.
            }
        }
    }
}
