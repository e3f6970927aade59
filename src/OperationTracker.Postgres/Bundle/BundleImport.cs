using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.Audit;
using OperationTracker.Core.Bundle;

namespace OperationTracker.Postgres.Bundle;

/// <summary>
/// Puts the operations of a bundle into an empty tracker: the same events, with the same ids, times, sequence numbers
/// and links, in the same order. All in one transaction; the views are for a rebuild to make. Positions are the
/// bundle's where it is of the whole log, and numbered anew where it is not.
/// </summary>
public sealed class BundleImport(TrackerDatabase database, string path)
{
    /// <summary>Imports a bundle that was checked.</summary>
    /// <param name="by">Who imports it, for the tracker's own log.</param>
    /// <param name="cancel">Stops it; nothing is left of it then.</param>
    /// <returns>How many events were imported; null when the tracker is not empty, and nothing was done.</returns>
    public async Task<long?> RunAsync(string by, CancellationToken cancel)
    {
        await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        if (!await BeginAsync(connection, cancel).ConfigureAwait(false))
            return null;
        await CopyStreamsAsync(connection, cancel).ConfigureAwait(false);
        var events = await CopyEventsAsync(connection, cancel).ConfigureAwait(false);
        await CopyPositionsAsync(connection, cancel).ConfigureAwait(false);
        await CopyOpeningsAsync(connection, cancel).ConfigureAwait(false);
        await using (var end = database.Command(connection, "import_end"))
            await end.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        await using (var log = database.Command(connection, "add_admin_log"))
        {
            AdminLog.Add(log.Parameters, "import", by, new { events });
            await log.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return events;
    }

    private async Task<bool> BeginAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "import_begin");
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await row.ReadAsync(cancel).ConfigureAwait(false);
        return row.GetBoolean(4);
    }

    private async Task CopyStreamsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var copy = await CopyAsync(
            connection, "mt_streams (id, type, version, timestamp, created)", cancel).ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
        {
            await foreach (var line in BundleReader.LinesAsync(
                path, BundleParts.Operations, cancel).ConfigureAwait(false))
            {
                using var json = line.Json();
                var root = json.RootElement;
                await copy.StartRowAsync(cancel).ConfigureAwait(false);
                await WriteAsync(copy, root.GetProperty("stream_id").GetString(), cancel).ConfigureAwait(false);
                await WriteAsync(copy, root.GetProperty("type").GetString(), cancel).ConfigureAwait(false);
                await copy.WriteAsync(
                    root.GetProperty("version").GetInt64(), NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
                await copy.WriteAsync(Time(root, "timestamp"), NpgsqlDbType.TimestampTz, cancel).ConfigureAwait(false);
                await copy.WriteAsync(Time(root, "created"), NpgsqlDbType.TimestampTz, cancel).ConfigureAwait(false);
            }

            await copy.CompleteAsync(cancel).ConfigureAwait(false);
        }
    }

    private async Task<long> CopyEventsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var events = 0L;
        var copy = await CopyAsync(
            connection, "mt_events (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type,"
                + " correlation_id, causation_id, headers, user_name)", cancel).ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
        {
            await foreach (var (@event, _) in BundleCheck.EventsAsync(path, cancel).ConfigureAwait(false))
            {
                events++;
                await copy.StartRowAsync(cancel).ConfigureAwait(false);
                await copy.WriteAsync(@event.SequenceNumber, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
                await copy.WriteAsync(@event.Id, NpgsqlDbType.Uuid, cancel).ConfigureAwait(false);
                await WriteAsync(copy, @event.StreamId, cancel).ConfigureAwait(false);
                await copy.WriteAsync(@event.Version, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
                await copy.WriteAsync(@event.Data, NpgsqlDbType.Jsonb, cancel).ConfigureAwait(false);
                await WriteAsync(copy, @event.Type, cancel).ConfigureAwait(false);
                await copy.WriteAsync(
                    @event.Timestamp.UtcDateTime, NpgsqlDbType.TimestampTz, cancel).ConfigureAwait(false);
                await WriteAsync(copy, @event.DotNetType, cancel).ConfigureAwait(false);
                await WriteAsync(copy, @event.CorrelationId, cancel).ConfigureAwait(false);
                await WriteAsync(copy, @event.CausationId, cancel).ConfigureAwait(false);
                await WriteAsync(copy, @event.Headers, NpgsqlDbType.Jsonb, cancel).ConfigureAwait(false);
                await WriteAsync(copy, @event.UserName, cancel).ConfigureAwait(false);
            }

            await copy.CompleteAsync(cancel).ConfigureAwait(false);
        }

        return events;
    }

    private async Task CopyPositionsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var position = 0L;
        var copy = await CopyAsync(
            connection, "positions (position, seq_id, form, secret, link)", cancel).ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
        {
            await foreach (var (@event, _) in BundleCheck.EventsAsync(path, cancel).ConfigureAwait(false))
            {
                var seal = @event.Seal!;
                await copy.StartRowAsync(cancel).ConfigureAwait(false);
                await copy.WriteAsync(++position, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
                await copy.WriteAsync(@event.SequenceNumber, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
                await copy.WriteAsync((short)seal.Form, NpgsqlDbType.Smallint, cancel).ConfigureAwait(false);
                await WriteAsync(copy, seal.Secret, NpgsqlDbType.Bytea, cancel).ConfigureAwait(false);
                await copy.WriteAsync(seal.Link, NpgsqlDbType.Bytea, cancel).ConfigureAwait(false);
            }

            await copy.CompleteAsync(cancel).ConfigureAwait(false);
        }
    }

    private async Task CopyOpeningsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var copy = await CopyAsync(connection, "openings (seq_id, salts)", cancel).ConfigureAwait(false);
        await using (copy.ConfigureAwait(false))
        {
            await foreach (var (@event, _) in BundleCheck.EventsAsync(path, cancel).ConfigureAwait(false))
            {
                if (@event.Seal!.Openings is not { } openings)
                    continue;
                await copy.StartRowAsync(cancel).ConfigureAwait(false);
                await copy.WriteAsync(@event.SequenceNumber, NpgsqlDbType.Bigint, cancel).ConfigureAwait(false);
                await copy.WriteAsync(openings, NpgsqlDbType.Bytea, cancel).ConfigureAwait(false);
            }

            await copy.CompleteAsync(cancel).ConfigureAwait(false);
        }
    }

    private Task<NpgsqlBinaryImporter> CopyAsync(NpgsqlConnection connection, string table, CancellationToken cancel) =>
        connection.BeginBinaryImportAsync($"copy {database.Schema.Quoted}.{table} from stdin (format binary)", cancel);

    private static DateTime Time(JsonElement json, string name) => DateTime.Parse(
        json.GetProperty(name).GetString()!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

    private static Task WriteAsync(NpgsqlBinaryImporter copy, string? text, CancellationToken cancel) =>
        text is null ? copy.WriteNullAsync(cancel) : copy.WriteAsync(text, NpgsqlDbType.Varchar, cancel);

    private static Task WriteAsync(
        NpgsqlBinaryImporter copy, byte[]? bytes, NpgsqlDbType type, CancellationToken cancel) =>
        bytes is null ? copy.WriteNullAsync(cancel) : copy.WriteAsync(bytes, type, cancel);
}
