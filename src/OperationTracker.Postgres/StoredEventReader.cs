using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>Reads events, of one stream by version or of the whole log by position.</summary>
internal static class StoredEventReader
{
    /// <summary>
    /// Bytes of data after which a page ends early; with one large event more it is all that is held.
    /// </summary>
    public const long PageBytes = 4 * 1024 * 1024;

    public static Task<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        TrackerDatabase database, NpgsqlConnection connection, string streamId, long afterVersion, int limit,
        CancellationToken cancel)
    {
        var command = database.Command(connection, "read_stream")
            .With(streamId, NpgsqlDbType.Varchar).With(afterVersion).With(limit).With(PageBytes);
        return ReadAsync(command, cancel);
    }

    public static Task<IReadOnlyList<StoredEvent>> ReadLogAsync(
        TrackerDatabase database, NpgsqlConnection connection, long afterPosition, int limit, CancellationToken cancel)
    {
        var command = database.Command(connection, "read_log").With(afterPosition).With(limit);
        return ReadAsync(command, cancel);
    }

    /// <summary>Runs a statement that gives events, and disposes of it.</summary>
    public static async Task<IReadOnlyList<StoredEvent>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using (command)
        {
            await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var events = new List<StoredEvent>();
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                events.Add(new StoredEvent(
                    rows.GetInt64(0), rows.GetString(1), rows.GetInt64(2), rows.GetGuid(3), rows.GetString(4),
                    rows.GetString(5), rows.GetFieldValue<DateTimeOffset>(6), Text(rows, 7), Text(rows, 8),
                    Text(rows, 9), Text(rows, 10)));
            }

            return events;
        }
    }

    private static string? Text(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
