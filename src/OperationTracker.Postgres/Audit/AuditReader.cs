using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.Audit;

namespace OperationTracker.Postgres.Audit;

/// <summary>An event as the audit reads it.</summary>
/// <param name="Event">The event.</param>
/// <param name="StreamVersion">What its stream's own row says its version is; null when there is no such row.</param>
/// <param name="IsOdd">Whether columns that the tracker leaves at their defaults hold something else.</param>
/// <param name="StreamType">What stands in its stream's <c>type</c>.</param>
internal sealed record AuditRow(AuditedEvent Event, long? StreamVersion, bool IsOdd, string? StreamType);

/// <summary>Reads events with their seals, in the order of streams and versions, by short statements.</summary>
internal static class AuditReader
{
    /// <summary>
    /// One page after an event; through <paramref name="lastStream"/>, that stream included, or to the end when it is
    /// null.
    /// </summary>
    public static async Task<IReadOnlyList<AuditRow>> ReadStreamsAsync(
        TrackerDatabase database, NpgsqlConnection connection, string afterStream, long afterVersion,
        string? lastStream, int limit, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "audit_streams")
            .With(afterStream, NpgsqlDbType.Varchar).With(afterVersion).With(lastStream, NpgsqlDbType.Varchar)
            .With(limit);
        return await ReadAsync(command, cancel).ConfigureAwait(false);
    }

    /// <summary>What a command gives whose columns are those of <c>audit_streams</c>.</summary>
    public static async Task<IReadOnlyList<AuditRow>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var page = new List<AuditRow>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            page.Add(new AuditRow(EventOf(rows), rows.IsDBNull(17) ? null : rows.GetInt64(17), rows.GetBoolean(18),
                TextOf(rows, 19)));
        return page;
    }

    /// <summary>All events of one stream.</summary>
    public static async Task<IReadOnlyList<AuditRow>> ReadStreamAsync(
        TrackerDatabase database, NpgsqlConnection connection, string streamId, CancellationToken cancel) =>
        await ReadStreamsAsync(database, connection, streamId, 0, streamId, int.MaxValue, cancel).ConfigureAwait(false);

    private static AuditedEvent EventOf(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetGuid(3), row.GetString(4), TextOf(row, 5),
        row.GetFieldValue<byte[]>(6), BytesOf(row, 7), row.GetFieldValue<DateTimeOffset>(8), TextOf(row, 9),
        TextOf(row, 10), TextOf(row, 11), row.IsDBNull(12) ? null : new StoredSeal(
            row.GetInt64(12), row.GetInt16(13), BytesOf(row, 14), BytesOf(row, 15), row.GetFieldValue<byte[]>(16)));

    private static string? TextOf(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    private static byte[]? BytesOf(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
}
