using System.Diagnostics;
using System.Globalization;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// The power fails under load. PostgreSQL's data is on a file system of its own; everything is frozen, the file system
/// is cut off from its device, all processes are killed, and what the device holds at that moment is mounted again:
/// what was written and not flushed is gone, as <c>kill -9</c> alone cannot show. The device itself keeps what it was
/// given.
/// </summary>
internal static class PowerLoss
{
    private const int Cycles = 20;
    private const int Megabytes = 2048;

    public static async Task RunAsync(Trial trial, CancellationToken cancel)
    {
        var directory = trial.Options.Directory;
        await using var volume = await Volume.OnFileAsync(
            Path.Combine(directory, "volume"), Path.Combine(directory, "volume.ext4"), Megabytes);
        await using var cluster = await Cluster.StartAsync(trial.Options, cancel, Path.Combine(volume.Path, "data"));
        var judge = await trial.RunCyclesAsync(
            cluster, Cycles, (judge, cycle) => RunCycleAsync(trial, cluster, volume, judge, cycle, cancel), cancel);
        await judge.FinishAsync(cancel);
    }

    private static async Task RunCycleAsync(
        Trial trial, Cluster cluster, Volume volume, Judge judge, int cycle, CancellationToken cancel)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"p{cycle}-");
        using var ledger = new Ledger(trial.Options.Directory, cycle);
        using var load = trial.StartLoad(cluster, cycle, prefix, ledger, cancel);
        var lasts = TimeSpan.FromSeconds(1 + trial.Random.NextDouble() * 4);
        trial.Tell(string.Create(CultureInfo.InvariantCulture, $"cycle {cycle}: power for {lasts.TotalSeconds:0.0} s"));
        await Task.Delay(lasts, cancel);

        cluster.Nodes.ForEach(node => node.Freeze());
        var frozen = cluster.Postgres.Freeze();
        await volume.LosePowerAsync();
        await Task.WhenAll(cluster.Nodes.Select(node => node.KillAsync()));
        await cluster.Postgres.KillFrozenAsync(frozen);
        var attempts = await load.RestAsync();
        trial.Count("cycles");

        await volume.RegainPowerAsync();
        var since = Stopwatch.StartNew();
        await cluster.Postgres.StartAgainAsync(cancel);
        trial.Longest("seconds until PostgreSQL answered, at most", since.Elapsed);
        await Task.WhenAll(cluster.Nodes.Select(node => node.StartAsync(cancel)));
        trial.Longest("seconds until all nodes were ready, at most", since.Elapsed);
        await judge.RunAsync(prefix, attempts, cancel);
        trial.Count(attempts);
        trial.Count("acknowledged and lost", trial.Violations.All.Count(
            one => one.Checker == "ledger" && one.Text.EndsWith("and lost", StringComparison.Ordinal)));
    }
}
