using System.Diagnostics;
using Npgsql;

namespace OperationTracker.Benchmarks.Baselines;

/// <summary>
/// The least that a rebuild has to do: read all events in the order of streams, and write all views with their indexes and
/// statistics. By COPY, with nothing folded in between.
/// </summary>
internal sealed class CopyBaseline(NpgsqlDataSource source, string file)
{
    private const string Views = "tracker.baseline_operations";

    /// <summary>Seconds, and how many events there are.</summary>
    public async Task<(double Seconds, double Events)> RunAsync(CancellationToken cancel)
    {
        await using var connection = await source.OpenConnectionAsync(cancel);
        await using (var views = File.Create(file))
            await CopyOutAsync(connection, "copy tracker.operations to stdout (format binary)", views, cancel);
        var events = Convert.ToDouble(await ScalarAsync(connection, "select count(*) from tracker.mt_events", cancel), null);
        await ExecuteAsync(connection, $"create table {Views} (like tracker.operations including all excluding indexes) with (fillfactor = 50)", cancel);

        var started = Stopwatch.StartNew();
        await CopyOutAsync(
            connection,
            "copy (select stream_id, version, type, data, timestamp from tracker.mt_events order by stream_id, version) to stdout (format binary)",
            Stream.Null, cancel);
        await using (var target = await connection.BeginRawBinaryCopyAsync($"copy {Views} from stdin (format binary)", cancel))
        await using (var views = File.OpenRead(file))
            await views.CopyToAsync(target, cancel);
        await ExecuteAsync(connection, $"alter table {Views} add primary key (operation_id)", cancel);
        await ExecuteAsync(connection, $"create index on {Views} (occurred_time, operation_id)", cancel);
        await ExecuteAsync(connection, $"create index on {Views} (status, occurred_time, operation_id)", cancel);
        await ExecuteAsync(connection, $"create index on {Views} using gin (cluster_ids)", cancel);
        await ExecuteAsync(connection, $"analyze {Views}", cancel);
        var seconds = started.Elapsed.TotalSeconds;
        await ExecuteAsync(connection, $"drop table {Views}", cancel);
        return (seconds, events);
    }

    private static async Task CopyOutAsync(NpgsqlConnection connection, string statement, Stream target, CancellationToken cancel)
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
