using System.Globalization;
using Npgsql;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// What is left at the end of a run can be handed over: its export is as it was written, and a tracker that imports it
/// holds the same events, seals, positions and views, byte for byte.
/// </summary>
internal static class SurvivorCheck
{
    private const string Name = "survivor";

    private static readonly string[] Tables =
    [
        "select e::text from tracker.mt_events e",
        "select concat(position, ' ', seq_id, ' ', link, ' ', secret) from tracker.positions",
        "select concat(operation_id, ' ', stream_version, ' ', document_version, ' ', document)"
        + " from tracker.operations",
    ];

    public static async Task RunAsync(
        PrivatePostgres postgres, string directory, Violations violations, Action<string> tell,
        CancellationToken cancel)
    {
        var file = Path.Combine(directory, "survivor.optrack.tar");
        await using (var administrator = await postgres.OpenAsAdministratorAsync(cancel))
        await using (var create = new NpgsqlCommand("create database survivor owner optrack", administrator))
            await create.ExecuteNonQueryAsync(cancel);
        var survivor =
            new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Database = "survivor" }.ConnectionString;
        foreach (var (database, command) in new (string, string[])[]
        {
            (postgres.ConnectionString, ["export", file]), (postgres.ConnectionString, ["audit", "bundle", file]),
            (survivor, ["db", "migrate"]), (survivor, ["import", file]), (survivor, ["audit", "verify"]),
        })
        {
            var (exitCode, output) = await TrackerNode.RunAsync(database, command, cancel);
            tell($"of what survives: optrack {string.Join(' ', command)} has ended");
            if (exitCode == 0) continue;
            violations.Add(Name, string.Create(
                CultureInfo.InvariantCulture, $"optrack {string.Join(' ', command)} ended with {exitCode}: {output}"));
            return;
        }

        foreach (var table in Tables)
        {
            var (before, after) =
                (await SumAsync(postgres.ConnectionString, table, cancel), await SumAsync(survivor, table, cancel));
            if (before != after) violations.Add(Name, $"{before} were exported and {after} imported of: {table}");
        }
    }

    /// <summary>How many rows, and a sum of their hashes, which does not depend on their order.</summary>
    private static async Task<string> SumAsync(string connectionString, string rows, CancellationToken cancel)
    {
        await using var session = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 300 }
                .ConnectionString);
        await session.OpenAsync(cancel);
        await using var command = new NpgsqlCommand(
            $"select concat(count(*), ' rows, ', sum(hashtextextended(r, 0)::numeric)) from ({rows}) t (r)", session);
        return (string)(await command.ExecuteScalarAsync(cancel))!;
    }
}
