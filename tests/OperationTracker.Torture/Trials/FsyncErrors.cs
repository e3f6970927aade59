using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// The disk refuses to flush: <c>strace</c> gives EIO in place of a flush, to the sessions that commit or to the
/// process that writes checkpoints. PostgreSQL panics, for it cannot know what is on disk, and recovers.
/// </summary>
internal static class FsyncErrors
{
    private const int Cycles = 6;
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Bites = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(35);

    public static async Task RunAsync(Trial trial, CancellationToken cancel)
    {
        await Tool.RunAsync("strace", "-V");
        await using var cluster = await Cluster.StartAsync(trial.Options, cancel);
        var judge = await trial.RunCyclesAsync(
            cluster, Cycles, (judge, cycle) => RunCycleAsync(trial, cluster, judge, cycle, cancel), cancel);
        await judge.FinishAsync(cancel);
    }

    private static async Task RunCycleAsync(
        Trial trial, Cluster cluster, Judge judge, int cycle, CancellationToken cancel)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"f{cycle}-");
        var isCheckpoint = cycle % 3 == 0;
        var who = isCheckpoint ? "the checkpointer" : "a session";
        using var ledger = new Ledger(trial.Options.Directory, cycle);
        using var prober = new Prober(trial, cluster, prefix, ledger);
        using (var load = trial.StartLoad(cluster, cycle, prefix, ledger, cancel))
        {
            await Task.Delay(Warm, cancel);
            var panics = cluster.Postgres.Panics;
            var when = isCheckpoint ? 1 : trial.Random.Next(1, 200);
            trial.Tell(string.Create(CultureInfo.InvariantCulture, $"cycle {cycle}: EIO to {who}, at flush {when}"));
            using (var strace = await AttachAsync(cluster.Postgres, isCheckpoint, when, cancel))
            {
                if (isCheckpoint) await CheckpointAsync(cluster.Postgres, cancel);
                await UntilPanicAsync(cluster.Postgres, panics, cancel);
                Signals.Send(strace.Id, Signals.Interrupt);
                await strace.WaitForExitAsync(cancel);
            }

            trial.Count($"panics, EIO to {who}");
            trial.Longest(
                "seconds until all nodes answered, at most", await prober.UntilAllAnswerAsync(Recovery, cancel));
            await load.RestAsync();
        }

        await trial.JudgeAsync(judge, prefix, ledger.Attempts, cancel);
    }

    /// <summary>Returns when the tracer is about to be in place; it ends with those that it traces.</summary>
    private static async Task<Process> AttachAsync(
        PrivatePostgres postgres, bool isCheckpoint, int when, CancellationToken cancel)
    {
        var processes = await postgres.ProcessesAsync(isCheckpoint ? ["checkpointer"] : ["client backend"], cancel);
        var call = isCheckpoint ? "fsync" : "fdatasync";
        return Tool.Start("strace", [
            "-qq", "-o", "/dev/null", "-e", $"trace={call}",
            "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:error=EIO:when={when}"),
            .. processes.SelectMany(process => new[] { "-p", process.ToString(CultureInfo.InvariantCulture) }),
        ]);
    }

    private static async Task CheckpointAsync(PrivatePostgres postgres, CancellationToken cancel)
    {
        // The tracer is another process, which takes a moment to attach.
        await Task.Delay(TimeSpan.FromSeconds(1), cancel);
        try
        {
            await using var administrator = await postgres.OpenAsAdministratorAsync(cancel);
            await using var command = new NpgsqlCommand("checkpoint", administrator);
            await command.ExecuteNonQueryAsync(cancel);
        }
        catch (NpgsqlException)
        {
            // The server has panicked, as it should.
        }
    }

    private static async Task UntilPanicAsync(PrivatePostgres postgres, int panics, CancellationToken cancel)
    {
        for (var since = Stopwatch.StartNew(); postgres.Panics == panics; await Task.Delay(20, cancel))
            if (since.Elapsed > Bites) throw new CannotRunHereException("strace did not get EIO into PostgreSQL.");
    }
}
