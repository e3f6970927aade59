using Npgsql;
using OperationTracker.Tests.EventStore;
using OperationTracker.Tests.Operations;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Cli;

/// <summary><c>optrack projections preview</c>, run as operators and a build run it.</summary>
public sealed class ProjectionPreviewTests : ProjectionCommandLine
{
    /// <summary>Operations that a preview compares: OPTRACK_CASES=50000 makes 100,000.</summary>
    private static readonly int Previewed = Math.Clamp(Law.Cases * 2, 1_000, 100_000);

    [Fact]
    public async Task Preview_names_the_first_operations_by_id_whatever_order_they_were_stored_in()
    {
        foreach (var i in new[] { 5, 3, 1, 4, 2 })
            await Tracker.Store.PutAsync(Document($"op-{i:D6}", note: "first"));
        await Tracker.ExecuteAsync("update tracker.operations set document = replace(document, 'first', 'other')");

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
        await Tracker.ExecuteAsync("""
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
        await Tracker.ExecuteAsync($"""
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

    /// <summary>A connection of a role that may read the tracker's tables and nothing else.</summary>
    private async Task<string> ReaderAsync()
    {
        var database = new NpgsqlConnectionStringBuilder(Tracker.ConnectionString).Database!;
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
        return new NpgsqlConnectionStringBuilder(Tracker.ConnectionString) { Options = $"-c role={role}" }
            .ConnectionString;
    }
}
