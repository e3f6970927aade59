using System.Runtime.Versioning;
using OperationTracker.Tests.Api;
using OperationTracker.Tests.EventStore;
using OperationTracker.Tests.Hosting;

namespace OperationTracker.Tests.Cli;

/// <summary><c>optrack db</c>, run as operators run it.</summary>
[SupportedOSPlatform("linux")]
public sealed class DatabaseCommandsTests
{
    [Fact]
    public async Task The_script_makes_the_schema_that_validation_expects()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        var script = await OptrackProcess.RunAsync("db", "script", "--schema", "odd \"name");
        script.ExitCode.ShouldBe(0, script.Error);

        await TrackerServer.ExecuteAsync(database, script.Out);

        var validated = await OptrackProcess.RunAsync(
            "db", "validate", "--schema", "odd \"name", "--database", database);
        validated.ShouldBe(validated with { ExitCode = 0, Error = "" });
        validated.Out.Trim().ShouldBe("The schema odd \"name is as this build expects it.");
        await PostgresServer.DropDatabaseAsync(database);
    }

    [Theory]
    [InlineData("drop index tracker.ix_operations_list", "missing: operations:", "ix_operations_list")]
    [InlineData("alter table tracker.operations alter column refusals drop not null", "operations:", "refusals")]
    [InlineData("alter table tracker.mt_events add column extra int", "unexpected: mt_events:", "extra")]
    [InlineData("drop trigger note_foreign_event on tracker.mt_events", "missing: mt_events:", "note_foreign_event")]
    [InlineData(
        "alter table tracker.positions drop constraint uq_positions_seq_id", "missing: positions:",
        "uq_positions_seq_id")]
    [InlineData(
        "create or replace function tracker.note_foreign_event() returns trigger language plpgsql"
        + " as 'begin return null; end'", "note_foreign_event", "")]
    public async Task A_difference_that_was_planted_is_found(string plant, string says, string names)
    {
        var database = await TrackerFixture.CreateDatabaseAsync();
        await TrackerServer.ExecuteAsync(database, plant);

        var validated = await OptrackProcess.RunAsync("db", "validate", "--database", database);

        validated.ExitCode.ShouldBe(6, validated.Error);
        validated.Out.ShouldContain(says);
        validated.Out.ShouldContain(names);
        await PostgresServer.DropDatabaseAsync(database);
    }

    [Fact]
    public async Task Two_that_migrate_at_once_both_succeed_and_each_migration_is_applied_once()
    {
        var database = await PostgresServer.CreateDatabaseAsync();

        var outcomes = await Task.WhenAll(
            OptrackProcess.RunAsync("db", "migrate", "--database", database),
            OptrackProcess.RunAsync("db", "migrate", "--database", database));

        outcomes.ShouldAllBe(outcome => outcome.ExitCode == 0 && outcome.Error == "");
        outcomes.Sum(
            outcome => outcome.Out.Split('\n').Count(line => line.StartsWith("applied ", StringComparison.Ordinal)))
            .ShouldBe((int)(long)(
                await TrackerServer.ExecuteAsync(database, "select count(*) from tracker.schema_versions"))!);
        (await OptrackProcess.RunAsync("db", "migrate", "--database", database)).Out.ShouldContain(" already.");
        (await OptrackProcess.RunAsync("db", "validate", "--database", database)).ExitCode.ShouldBe(0);
        await PostgresServer.DropDatabaseAsync(database);
    }

    [Fact]
    public async Task An_empty_database_differs_and_a_newer_one_is_refused()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        (await OptrackProcess.RunAsync("db", "validate", "--database", database)).ExitCode.ShouldBe(6);
        (await OptrackProcess.RunAsync("db", "migrate", "--database", database)).ExitCode.ShouldBe(0);
        await TrackerServer.ExecuteAsync(
            database, "insert into tracker.schema_versions (version, file) values (9999, 'x')");

        var migrated = await OptrackProcess.RunAsync("db", "migrate", "--database", database);

        migrated.ExitCode.ShouldBe(1);
        migrated.Error.ShouldContain("has version 9999");
        await PostgresServer.DropDatabaseAsync(database);
    }

    [Fact]
    public async Task Without_a_database_the_one_of_the_tracker_on_the_data_directory_is_meant()
    {
        var directory = TestDirectory.Create("database");
        using var tracker = await TrackerProcess.ReadyAsync("--data", directory);
        var validated = await OptrackProcess.RunAsync("db", "validate", "--data", directory);
        validated.ShouldBe(validated with { ExitCode = 0, Error = "" });

        tracker.Terminate();
        (await tracker.EndAsync()).ShouldBe(0);
        // As a crash leaves it, with the pid of somebody else.
        await File.WriteAllTextAsync(
            Path.Combine(directory, "postgres", "postmaster.pid"),
            $"{Environment.ProcessId}\n{directory}/postgres\n0\n5432\n{directory}/run\n\n\nready\n");
        var stopped = await OptrackProcess.RunAsync("db", "validate", "--data", directory);

        stopped.ExitCode.ShouldBe(69);
        stopped.Error.ShouldStartWith($"No PostgreSQL of a tracker runs on the data directory {directory}. ");
        await ServeTests.EndAsync(directory);
    }

    [Theory]
    [InlineData(69, "migrate", "--data", "/nowhere")]
    [InlineData(69, "validate", "--data", "/nowhere")]
    [InlineData(2, "migrate", "--database", "nonsense")]
    [InlineData(2, "migrate", "--database", "Host=x;Secret=hunter2")]
    [InlineData(2, "script", "--schema", "")]
    [InlineData(2, "rebuild")]
    [InlineData(69, "migrate", "--database", "Host=127.0.0.1;Port=1;Username=x;Password=hunter2")]
    [InlineData(69, "validate", "--database", "Host=127.0.0.1;Port=1;Username=x;Password=hunter2")]
    public async Task What_cannot_be_done_is_said_in_a_sentence(int exitCode, params string[] arguments)
    {
        var outcome = await OptrackProcess.RunAsync(["db", .. arguments]);

        outcome.ExitCode.ShouldBe(exitCode, outcome.Error);
        outcome.OutBytes.ShouldBeEmpty();
        outcome.Error.ShouldNotBeNullOrWhiteSpace();
        outcome.Error.ShouldNotContain("hunter2");
        outcome.Error.ShouldNotContain("   at ");
    }
}
