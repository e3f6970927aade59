using System.Globalization;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// Wall clocks jump under load: in turn those of all nodes but one, and PostgreSQL's, from which events have their
/// times. Whatever they show, each node goes on answering at once, no stream's times go back, and the past is what it
/// was.
/// </summary>
internal static class ClockJumps
{
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(2.5);

    public static async Task RunAsync(Trial trial, CancellationToken cancel)
    {
        var library = FakeClock.Library() ?? throw new CannotRunHereException(
            "libfaketime is needed, and is not on this machine (Debian has it in the package faketime).");
        var directory = trial.Options.Directory;
        var nodesClock = new FakeClock(library, Path.Combine(directory, "nodes.clock"));
        var postgresClock = new FakeClock(library, Path.Combine(directory, "postgres.clock"));
        var (data, bin) = (Path.Combine(directory, "data"), Path.Combine(directory, "bin"));
        var log = Path.Combine(directory, "postgres.log");
        await using (var postgres = await PrivatePostgres.StartAsync(data, log, cancel))
            await postgresClock.WrapPostgresAsync(postgres.Binaries, bin);
        var nodes = Math.Max(2, trial.Options.Nodes);
        FakeClock.CleanUp();
        await using var cluster = await Cluster.StartAsync(trial.Options with { Nodes = nodes }, cancel, data, bin);
        foreach (var node in cluster.Nodes) await SetAsync(node, node == cluster.Nodes[^1] ? null : nodesClock, cancel);
        var judge = await trial.RunCyclesAsync(cluster, 2 * ClockScript.All.Count, (judge, number) =>
        {
            var script = ClockScript.All[(number - 1) / 2 % ClockScript.All.Count];
            var isPostgres = number % 2 == 0;
            return new ClockJumpCycle(trial, cluster, isPostgres ? postgresClock : nodesClock, isPostgres, script)
                .RunAsync(judge, number, cancel);
        }, cancel);
        await judge.FinishAsync(cancel);
    }

    private static async Task SetAsync(TrackerNode node, FakeClock? clock, CancellationToken cancel)
    {
        node.Environment["TZ"] = node.Environment["OPTRACK_TIME_ZONE"] = ClockScript.Zone;
        foreach (var (variable, value) in clock?.Variables ?? new Dictionary<string, string>())
            node.Environment[variable] = value;
        await node.KillAsync();
        await node.StartAsync(cancel);
    }

    /// <summary>One script, on one clock.</summary>
    private sealed class ClockJumpCycle(
        Trial trial, Cluster cluster, FakeClock clock, bool isPostgres, ClockScript script)
    {
        private readonly string _whose = isPostgres ? "PostgreSQL's clock" : "the nodes' clock";

        public async Task RunAsync(Judge judge, int cycle, CancellationToken cancel)
        {
            trial.Tell(string.Create(CultureInfo.InvariantCulture, $"cycle {cycle}: {_whose}, {script.Name}"));
            var prefix = string.Create(CultureInfo.InvariantCulture, $"j{cycle}-");
            await JumpAsync(script.Steps[0], cancel);
            using var ledger = new Ledger(trial.Options.Directory, cycle);
            using (var load = trial.StartLoad(cluster, cycle, prefix, ledger, cancel))
            {
                var rebuild = TrackerNode.RunAsync(
                    cluster.Postgres.ConnectionString, ["projections", "rebuild"], cancel);
                await Task.Delay(Stay, cancel);
                foreach (var step in script.Steps.Skip(1))
                {
                    await JumpAsync(step, cancel);
                    await Task.Delay(Stay, cancel);
                }

                await load.RestAsync();
                if (await rebuild is (not 0, var output))
                    trial.Violations.Add("administration", $"optrack projections rebuild: {output.Split('\n')[^1]}");
            }

            var streams = await trial.JudgeAsync(judge, prefix, ledger.Attempts, cancel);
            await ComparePastAsync([.. streams.Values], cancel);
            await JumpAsync((_, _) => TimeSpan.Zero, cancel);
            await ComparePastAsync([.. streams.Values], cancel);
        }

        /// <summary>Sets the clock, sees that it is set, and that all nodes still answer at once.</summary>
        private async Task JumpAsync(Func<TimeSpan, DateTimeOffset, TimeSpan> step, CancellationToken cancel)
        {
            var (before, now) = (clock.Offset, DateTimeOffset.UtcNow);
            clock.Set(step(before, now));
            var shown = await ClockWatch.UntilShownAsync(cluster, isPostgres, clock.Offset, cancel);
            trial.Tell(string.Create(
                CultureInfo.InvariantCulture,
                $"by {(clock.Offset - before).TotalSeconds:+0.0;-0.0} s, to {shown.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z"));
            trial.Count($"jumps of {_whose}");
            await Punctuality.CheckAsync(trial, cluster, cancel);
        }

        private async Task ComparePastAsync(IReadOnlyList<StoredStream> streams, CancellationToken cancel)
        {
            var same = await SameAnswers.CompareAsync(
                cluster.ClientPorts, Clocks.Targets(streams), trial.Violations, cancel);
            trial.Count("questions that all nodes answered with the same bytes", same);
            await LocalTimeCheck.RunAsync(trial, new RestingReader(cluster.ClientPorts), streams, cancel);
        }
    }
}
