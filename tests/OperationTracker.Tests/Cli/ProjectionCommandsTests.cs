using System.Runtime.Versioning;
using System.Text.Json;
using Npgsql;
using OperationTracker.Cli;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Tests.EventStore;
using OperationTracker.Tests.Operations;
using OperationTracker.Tests.Projections;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Cli;

/// <summary><c>optrack projections</c>, run as operators run it.</summary>
[SupportedOSPlatform("linux")]
public sealed class ProjectionCommandsTests : IAsyncLifetime
{
    /// <summary>OPTRACK_CASES scales them, to fifty.</summary>
    private static readonly int Kills = Math.Clamp(Law.Cases / 1000, 1, 50);

    /// <summary>Operations that a preview compares: OPTRACK_CASES=50000 makes 100,000.</summary>
    private static readonly int Previewed = Math.Clamp(Law.Cases * 2, 1_000, 100_000);

    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

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
                ["projections", "rebuild", "--pace", $"{Pace}", "--database", _tracker.ConnectionString]);
            await Eventually.BeTrueAsync(IsRunning, TimeSpan.FromSeconds(20), "the rebuild is running");
            await Task.Delay(random.Next(100, 1_800));
            Posix.Signal(rebuild.Id, 9);
            await Eventually.BeTrueAsync(
                () => !IsRunning(), TimeSpan.FromSeconds(20), "the lock of the killed one is free");
            (await _tracker.StatusAsync()).LastRebuild!.State.ShouldBe("crashed");
            var done = Convert.ToInt64(
                await _tracker.ExecuteAsync("select coalesce(sum(events), 0) from tracker.projection_rebuild_ranges"),
                null);
            var told = (await _tracker.StatusAsync()).LastRebuild!.Progress.Events;
            (told - done).ShouldBeLessThan(5 * Pace, "five seconds' work at the pace is redone at most");

            var resumed = await OptrackProcess.RunAsync(
                "projections", "rebuild", "--resume", "--json", "--database", _tracker.ConnectionString);

            resumed.ExitCode.ShouldBe(0, resumed.Error);
            Result(resumed).GetProperty("rows").GetInt64().ShouldBe(3_000);
            (await RowsAsync()).ShouldBe(right);
        }

        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();

        bool IsRunning() => _tracker.StatusAsync().Result.LastRebuild is { State: "running" };
    }

    [Fact]
    public async Task A_dry_run_counts_what_a_rebuild_does_and_writes_nothing()
    {
        await StoreAsync(50);
        await new ForeignWriter(_tracker.ConnectionString).AppendAsync("theirs", 2);
        while (await _tracker.Store.SweepAsync(default))
        {
        }

        var dry = await RunAsync("rebuild", "--dry-run", "--json");
        (await _tracker.StatusAsync()).LastRebuild.ShouldBeNull();
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
        await _tracker.ExecuteAsync(
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
        await _tracker.ExecuteAsync("update tracker.operations set status = 'failed' where operation_id = 'op-000004'");

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

    [Fact]
    public async Task Preview_names_the_first_operations_by_id_whatever_order_they_were_stored_in()
    {
        foreach (var i in new[] { 5, 3, 1, 4, 2 })
            await _tracker.Store.PutAsync(Document($"op-{i:D6}", note: "first"));
        await _tracker.ExecuteAsync("update tracker.operations set document = replace(document, 'first', 'other')");

        (await RunAsync("preview")).Out.ShouldBe("""
            /sub_status  5 operations
              op-000001 /sub_status
              op-000002 /sub_status
              op-000003 /sub_status
            A rebuild would change 5 of 5 operations.

            """);
    }

    [Fact]
    public async Task Preview_tells_places_without_values_to_a_role_that_may_only_read()
    {
        await StoreAsync(10);
        (await RunAsync("preview")).Out.ShouldBe("A rebuild would change 0 of 10 operations.\n");
        await _tracker.ExecuteAsync("""
            update tracker.operations set document = replace(document, 'first', 'secret-value')
            where operation_id in ('op-000002', 'op-000004')
            """);
        var reader = await ReaderAsync();

        var preview = await OptrackProcess.RunAsync("projections", "preview", "--database", reader);

        preview.ExitCode.ShouldBe(6, preview.Error);
        preview.Out.ShouldBe("""
            /sub_status  2 operations
              op-000002 /sub_status
              op-000004 /sub_status
            A rebuild would change 2 of 10 operations.

            """);
        (await RunAsync("preview", "--show-values", "--examples", "1")).Out.ShouldContain(
            "op-000002 /sub_status: \"secret-value\" -> \"first\"");
        (await OptrackProcess.RunAsync("projections", "verify", "--database", reader)).ExitCode.ShouldBe(5);
        foreach (var command in new[] { "rebuild", "heal" })
        {
            var refused = await OptrackProcess.RunAsync("projections", command, "--database", reader);
            (refused.ExitCode, refused.Error.Trim().Split('\n')[^1]).ShouldBe((1,
                "The database does not let this role do it, or is a standby."
                + " Writing needs the role that owns the tracker's schema,"
                + " verifying and previewing one that may read its tables."));
        }
    }

    [Fact]
    public async Task Preview_names_exactly_the_operations_that_another_fold_has_made_otherwise()
    {
        await StoreAsync(Previewed);
        var random = new Random(20261122);
        var changed = Enumerable.Range(0, Previewed).Where(i => i % 2 == 0 && random.Next(100) == 0).Select(
            i => $"op-{i:D6}").ToArray();
        // As if a fold that wrote another sub_status had made these rows.
        await _tracker.ExecuteAsync($"""
            update tracker.operations set document = replace(document, 'first', 'earlier')
            where operation_id in ('{string.Join("','", changed)}')
            """);

        var preview = await RunAsync("preview", "--json", "--examples", "100000");

        preview.ExitCode.ShouldBe(6, preview.Error);
        var change = Line(preview, "change");
        change.GetProperty("pointer").GetString().ShouldBe("/sub_status");
        change.GetProperty("operations").GetInt32().ShouldBe(changed.Length);
        change.GetProperty("examples").EnumerateArray().Select(
            example => example.GetProperty("operation_id").GetString()).Order()
            .ShouldBe(changed);
        Result(preview).GetProperty("changed").GetInt32().ShouldBe(changed.Length);
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
            "projections", "rebuild", "--pace", "5", "--database", _tracker.ConnectionString);
        await Eventually.BeTrueAsync(
            () => _tracker.StatusAsync().Result.LastRebuild is { State: "running" }, TimeSpan.FromSeconds(20),
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
        using var server = await Hosting.TrackerProcess.ReadyAsync("--database", _tracker.ConnectionString);
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

    private Task<Outcome> RunAsync(params string[] arguments) =>
        OptrackProcess.RunAsync(["projections", .. arguments, "--database", _tracker.ConnectionString]);

    /// <summary>A connection of a role that may read the tracker's tables and nothing else.</summary>
    private async Task<string> ReaderAsync()
    {
        var database = new NpgsqlConnectionStringBuilder(_tracker.ConnectionString).Database!;
        var role = $"reader_{database[^12..]}";
        var administrator =
            new NpgsqlConnectionStringBuilder(await PostgresServer.AdministratorAsync()) { Database = database };
        await using var connection = new NpgsqlConnection(administrator.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"""
            create role {role}; grant {role} to optrack;
            grant usage on schema tracker to {role}; grant select on all tables in schema tracker to {role}
            """, connection);
        await command.ExecuteNonQueryAsync();
        return new NpgsqlConnectionStringBuilder(_tracker.ConnectionString) { Options = $"-c role={role}" }
            .ConnectionString;
    }

    private Task StoreAsync(int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            await _tracker.Store.PutAsync(Document($"op-{i:D6}", note: "first"));
            if (i % 2 == 1)
                await _tracker.Store.PutAsync(Document($"op-{i:D6}", note: $"then {i}"));
        });

    private Task<string> RowsAsync() =>
        _tracker.TextAsync("select string_agg(o::text, E'\n' order by operation_id) from tracker.operations o");

    private static JsonElement Result(Outcome outcome) => Line(outcome, "result");

    private static JsonElement Line(Outcome outcome, string kind) => JsonDocument.Parse(
        outcome.Out.Trim().Split('\n').Single(line => line.StartsWith($"{{\"{kind}\"", StringComparison.Ordinal)))
        .RootElement.GetProperty(kind);
}
