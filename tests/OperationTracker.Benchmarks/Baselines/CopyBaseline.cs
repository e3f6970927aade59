using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace OperationTracker.Benchmarks.Baselines;

/// <summary>
/// The least that a rebuild has to do: read all events in the order of streams, and write the rows of both tables that
/// it makes, with their indexes and statistics. By COPY, with nothing folded in between.
/// </summary>
internal sealed class CopyBaseline(NpgsqlDataSource source, string directory)
{
    private static readonly (string Name, int FillFactor, string[] Settings)[] Tables =
    [
        ("operations", 50,
        [
            "alter table {0} alter column document set statistics 0, alter column content_hash set statistics 0,"
            + " alter column refusals set statistics 0, alter column redactions set statistics 0",
            "alter table {0} add primary key (operation_id)",
            "create index on {0} (occurred_time, operation_id)",
            "create index on {0} (status, occurred_time, operation_id)",
            "create index on {0} using gin (cluster_ids)",
        ]),
        ("past_operations", 100, ["create index on {0} (occurred_time, operation_id)"]),
    ];

    /// <summary>Seconds, and how many events there are.</summary>
    public async Task<(double Seconds, double Events)> RunAsync(CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        foreach (var (name, fill, _) in Tables)
        {
            await using var rows = File.Create(FileOf(name));
            await CopyOutAsync(connection, $"copy tracker.{name} to stdout (format binary)", rows, cancel);
            await ExecuteAsync(
                connection,
                $"create table {CopyOf(name)} (like tracker.{name} including all excluding indexes)"
                + $" with (fillfactor = {fill})", cancel);
        }

        var events = Convert.ToDouble(
            await ScalarAsync(connection, "select count(*) from tracker.mt_events", cancel), null);

        var started = Stopwatch.StartNew();
        await CopyOutAsync(
            connection,
            "copy (select stream_id, version, type, data, timestamp from tracker.mt_events"
            + " order by stream_id, version) to stdout (format binary)",
            Stream.Null, cancel);
        foreach (var (name, _, settings) in Tables)
        {
            await using (var target = await connection.BeginRawBinaryCopyAsync(
                $"copy {CopyOf(name)} from stdin (format binary)", cancel))
            await using (var rows = File.OpenRead(FileOf(name)))
                await rows.CopyToAsync(target, cancel);
            foreach (var setting in settings)
                await ExecuteAsync(
                    connection, string.Format(CultureInfo.InvariantCulture, setting, CopyOf(name)), cancel);
            await ExecuteAsync(connection, $"analyze {CopyOf(name)}", cancel);
        }

        var seconds = started.Elapsed.TotalSeconds;
        foreach (var (name, _, _) in Tables)
            await ExecuteAsync(connection, $"drop table {CopyOf(name)}", cancel);
        return (seconds, events);
    }

    private static string CopyOf(string table) => $"tracker.baseline_{table}";

    private string FileOf(string table) => Path.Combine(directory, table);

    private static async Task CopyOutAsync(
        NpgsqlConnection connection, string statement, Stream target, CancellationToken cancel)
    {
        await using var copy = await connection.BeginRawBinaryCopyAsync(statement, cancel);
        await copy.CopyToAsync(target, cancel);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string query, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(query, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(cancel);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statement, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel);
    }
}
