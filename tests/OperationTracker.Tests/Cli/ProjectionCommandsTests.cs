using System.Runtime.Versioning;
using OperationTracker.Cli;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Tests.EventStore;
using OperationTracker.Tests.Operations;
using OperationTracker.Tests.Projections;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Cli;

/// <summary><c>optrack projections</c>, run as operators run it.</summary>
[SupportedOSPlatform("linux")]
public sealed class ProjectionCommandsTests : ProjectionCommandLine
{
    /// <summary>OPTRACK_CASES scales them, to fifty.</summary>
    private static readonly int Kills = Math.Clamp(Law.Cases / 1000, 1, 50);

    [Fact]
    public async Task A_rebuild_that_was_killed_is_resumed_and_the_result_is_a_fresh_fold()
    {
        const int Pace = 1_500;
        await StoreAsync(3_000);
        var right = await RowsAsync();
        var random = new Random(20261120);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var rebuild = OptrackProcess.Start(
                ["projections", "rebuild", "--pace", $"{Pace}", "--database", Tracker.ConnectionString]);
            await Eventually.BeTrueAsync(IsRunning, TimeSpan.FromSeconds(20), "the rebuild is running");
            await Task.Delay(random.Next(100, 1_800));
            Posix.Signal(rebuild.Id, 9);
            await Eventually.BeTrueAsync(
                () => !IsRunning(), TimeSpan.FromSeconds(20), "the lock of the killed one is free");
            (await Tracker.StatusAsync()).LastRebuild!.State.ShouldBe("crashed");
            var done = Convert.ToInt64(
                await Tracker.ExecuteAsync("select coalesce(sum(events), 0) from tracker.projection_rebuild_ranges"),
                null);
            var told = (await Tracker.StatusAsync()).LastRebuild!.Progress.Events;
            (told - done).ShouldBeLessThan(5 * Pace, "five seconds' work at the pace is redone at most");

            var resumed = await OptrackProcess.RunAsync(
                "projections", "rebuild", "--resume", "--json", "--database", Tracker.ConnectionString);

            resumed.ExitCode.ShouldBe(0, resumed.Error);
            Result(resumed).GetProperty("rows").GetInt64().ShouldBe(3_000);
            (await RowsAsync()).ShouldBe(right);
        }

        (await Tracker.FindDifferencesAsync()).ShouldBeEmpty();

        bool IsRunning() => Tracker.StatusAsync().Result.LastRebuild is { State: "running" };
    }

    [Fact]
    public async Task A_dry_run_counts_what_a_rebuild_does_and_writes_nothing()
    {
        await StoreAsync(50);
        await new ForeignWriter(Tracker.ConnectionString).AppendAsync("theirs", 2);
        while (await Tracker.Store.SweepAsync(default))
        {
        }

        var dry = await RunAsync("rebuild", "--dry-run", "--json");
        (await Tracker.StatusAsync()).LastRebuild.ShouldBeNull();
        var real = await RunAsync("rebuild", "--json");

        var counted = new[] { "streams", "events", "rows", "faults" };
        counted.Select(name => Result(dry).GetProperty(name).GetInt64())
            .ShouldBe(counted.Select(name => Result(real).GetProperty(name).GetInt64()));
        counted.Select(name => Result(real).GetProperty(name).GetInt64()).ShouldBe([51, 77, 50, 0]);
    }

    [Fact]
    public async Task A_part_is_rewritten_where_it_is_and_nothing_beside_it()
    {
        await StoreAsync(20);
        var right = await RowsAsync();
        await Tracker.ExecuteAsync(
            "update tracker.operations set status = 'failed'"
            + " where operation_id in ('op-000001', 'op-000003', 'op-000005')");

        (await RunAsync("rebuild", "--stream", "op-000001", "--dry-run")).Out.ShouldBe(
            "Would fold 1 operations with 2 events, and write 1 rows. Nothing was written.\n");
        (await RunAsync("rebuild", "--stream", "op-000001", "--stream", "none-such")).Out.ShouldBe(
            "Folded 2 operations with 2 events; 1 rows differed and were written.\n");
        (await RunAsync("rebuild", "--where", "status=failed", "--where", "method=POST")).Out.ShouldBe(
            "Folded 2 operations with 4 events; 2 rows differed and were written.\n");
        (await RowsAsync()).ShouldBe(right);
        (await RunAsync("rebuild", "--since", "2000-01-01T00:00:00Z")).Out.ShouldContain("Folded 20 operations");
        (await RunAsync("rebuild", "--since", "2100-01-01T00:00:00+01:00")).Out.ShouldContain("Folded 0 operations");
    }

    [Fact]
    public async Task Verify_finds_heal_repairs_and_status_tells()
    {
        await StoreAsync(10);
        (await RunAsync("verify")).Out.ShouldBe("Compared 10 operations with 15 events: 0 differ.\n");
        await Tracker.ExecuteAsync("update tracker.operations set status = 'failed' where operation_id = 'op-000004'");

        var verified = await RunAsync("verify");
        (verified.ExitCode, verified.Out).ShouldBe(
            (5, "different: op-000004 (status)\nCompared 10 operations with 15 events: 1 differ.\n"));
        var json = await RunAsync("verify", "--json");
        json.ExitCode.ShouldBe(5);
        json.Out.ShouldContain(
            """{"difference":{"operation_id":"op-000004","kind":"different","columns":["status"]}}""");
        (await RunAsync("status")).Out.ShouldContain("10 operations, 1 differed");
        var healed = await RunAsync("heal");
        healed.Out.ShouldContain("healed: op-000004");
        healed.Out.ShouldContain("1 rows were healed, 0 could not be.");
        (await RunAsync("verify")).ExitCode.ShouldBe(0);
        (await RunAsync("rebuild")).ExitCode.ShouldBe(0);
        (await RunAsync("status")).Out.ShouldContain("progress     done: 15 of 15 events, 10 operations");
        (await RunAsync("list")).Out.ShouldStartWith("operations  inline  operations-1  position 15  ");
    }

    [Theory]
    [InlineData(2, "rebuild", "--since", "yesterday")]
    [InlineData(2, "rebuild", "--since", "2026-11-20T09:00:00")]
    [InlineData(2, "rebuild", "--where", "colour=red")]
    [InlineData(2, "rebuild", "--where", "status=red")]
    [InlineData(2, "rebuild", "--on-error", "ignore")]
    [InlineData(2, "rebuild", "--pace", "0")]
    [InlineData(2, "rebuild", "--resume", "--dry-run")]
    [InlineData(2, "preview", "--examples", "many")]
    [InlineData(3, "rebuild", "nothing-of-the-kind")]
    [InlineData(3, "status", "nothing-of-the-kind")]
    [InlineData(3, "rebuild", "--resume")]
    [InlineData(1, "verify", "--schema", "elsewhere")]
    public async Task What_cannot_be_done_is_said_in_a_sentence(int exitCode, params string[] arguments)
    {
        var outcome = await RunAsync(arguments);

        outcome.ExitCode.ShouldBe(exitCode, outcome.Error);
        outcome.OutBytes.ShouldBeEmpty();
        outcome.Error.ShouldNotBeNullOrWhiteSpace();
        outcome.Error.ShouldNotContain("   at ");
        outcome.Error.ShouldNotContain("xception");
    }

    [Theory]
    [InlineData("rebuild")]
    [InlineData("verify")]
    [InlineData("heal")]
    [InlineData("preview")]
    [InlineData("list")]
    [InlineData("status")]
    public async Task A_server_that_is_not_there_is_exit_69(string command)
    {
        var outcome = await OptrackProcess.RunAsync(
            "projections", command, "--database", "Host=127.0.0.1;Port=1;Username=x;Password=hunter2");

        (outcome.ExitCode, outcome.Error).ShouldBe((69, "The database cannot be reached.\n"));
    }

    [Fact]
    public async Task Ctrl_c_says_how_to_go_on_and_a_second_one_who_is_at_work()
    {
        await StoreAsync(100);
        using var rebuild = OptrackProcess.Start(
            "projections", "rebuild", "--pace", "5", "--database", Tracker.ConnectionString);
        await Eventually.BeTrueAsync(
            () => Tracker.StatusAsync().Result.LastRebuild is { State: "running" }, TimeSpan.FromSeconds(20),
            "it is running");

        var second = await RunAsync("rebuild");
        Posix.Signal(rebuild.Id, Posix.Interrupt);
        var interrupted = await rebuild.EndAsync();

        second.ExitCode.ShouldBe(4);
        second.Error.ShouldContain($"as process {rebuild.Id}");
        (interrupted.ExitCode, interrupted.Error.Trim().Split('\n')[^1]).ShouldBe(
            (130, "Interrupted. optrack projections rebuild --resume goes on where it stopped."));
        (await RunAsync("status")).Out.ShouldContain("resume       optrack projections rebuild --resume");
        (await RunAsync("rebuild", "--resume")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_running_tracker_serves_on_over_the_new_table()
    {
        using var server = await Hosting.TrackerProcess.ReadyAsync("--database", Tracker.ConnectionString);
        (await server.PutAsync("a", Api.Sample.Document("a"))).Status.ShouldBe(200);
        var before = (await server.GetAsync("/v1/operations/a")).Text;

        (await RunAsync("rebuild")).ExitCode.ShouldBe(0);

        (await server.GetAsync("/v1/operations/a")).Text.ShouldBe(before);
        (await server.GetAsync("/v1/operations")).Text.ShouldContain("\"a\"");
        (await server.PutAsync("b", Api.Sample.Document("b"))).Status.ShouldBe(200);
        (await server.GetAsync("/v1/operations/b")).Status.ShouldBe(200);
        server.Terminate();
        (await server.EndAsync()).ShouldBe(0);
        server.Errors.ShouldNotContain("rror");
    }

    [Theory]
    [InlineData(40_000, 12.2, 0, "read 52,000 events/s, 13 s left, 40,000 of 1,000,000 events")]
    [InlineData(40_000, 3_725.0, 2, "read 52,000 events/s, 1 h 2 min left, 2 faults, 40,000 of 1,000,000 events")]
    public void Beside_the_bar_stands_first_what_matters_most(
        long events, double? left, long faults, string line) => ProgressReport.ShortLine(
            new("read", 1, 2, events, 1_000_000, 3, faults, 52_000, left is { } s ? TimeSpan.FromSeconds(s) : null))
        .ShouldBe(line);

    private Task<string> RowsAsync() =>
        Tracker.TextAsync("select string_agg(o::text, E'\n' order by operation_id) from tracker.operations o");
}
