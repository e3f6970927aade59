using System.Buffers;
using System.Text;
using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// Reads pages of the list: short statements over the index of its order, no cursor held between them.
/// </summary>
internal sealed class OperationsTable(TrackerDatabase database)
{
    /// <summary>
    /// Bytes of documents after which a page ends early; with one large document more it is all that is held.
    /// </summary>
    internal const long PageBytes = 512 * 1024;

    public async Task<IReadOnlyList<OperationListItem>> ReadPageAsync(
        OperationListQuery query, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = Command(connection, "list_operations", query, PageBytes);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var page = new List<OperationListItem>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            page.Add(new OperationListItem(
                rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3),
                query.Summarizes ? Summary(rows, 4) : rows.GetFieldValue<byte[]>(4)));
        }

        return page;
    }

    public async Task<OperationListPage> ReadIdsAsync(OperationListQuery query, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using (var command = Command(connection, "list_ids", query))
        await using (var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            await rows.ReadAsync(cancel).ConfigureAwait(false);
            var count = rows.GetInt32(0);
            if (count == 0)
                return new OperationListPage(0, default, null);
            var ids = rows.GetFieldValue<byte[]>(1);
            if (NeedNoEscapes(ids, count))
                return new OperationListPage(count, ids, new ListPosition(rows.GetString(2), LastOf(ids)));
        }

        await using var escaping = Command(connection, "list_escaped_ids", query);
        await using var escaped = await escaping.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await ReadIdsAsync(escaped, cancel).ConfigureAwait(false);
    }

    /// <summary>A page of the operations that are executing.</summary>
    public async Task<IReadOnlyList<ExecutingOperation>> ReadExecutingAsync(
        ListPosition? after, int limit, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = database.Command(connection, "read_executing")
            .With(after?.OccurredTime ?? "").With(after?.OperationId ?? "").With(limit);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var page = new List<ExecutingOperation>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            page.Add(new ExecutingOperation(
                rows.GetString(0), rows.GetString(1), rows.GetFieldValue<DateTimeOffset>(2), rows.GetString(3),
                rows.GetString(4)));
        }

        return page;
    }

    /// <summary>The one row that holds a page of ids.</summary>
    internal static async Task<OperationListPage> ReadIdsAsync(NpgsqlDataReader rows, CancellationToken cancel)
    {
        await rows.ReadAsync(cancel).ConfigureAwait(false);
        return rows.GetInt32(0) is var count and > 0
            ? new OperationListPage(
                count, rows.GetFieldValue<byte[]>(1), new ListPosition(rows.GetString(2), rows.GetString(3)))
            : new OperationListPage(0, default, null);
    }

    /// <summary>The summary of a document of which no copy is made: a list has more of them than memory.</summary>
    private static byte[]? Summary(NpgsqlDataReader rows, int column)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)rows.GetBytes(column, 0, null, 0, 0));
        try
        {
            return DocumentSummary.Of(buffer.AsSpan(0, (int)rows.GetBytes(column, 0, buffer, 0, buffer.Length)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Whether ids in quotes, with commas between, are the JSON of these ids: nothing in them is a quote or has to be
    /// escaped.
    /// </summary>
    private static bool NeedNoEscapes(ReadOnlySpan<byte> ids, int count) =>
        ids.Count((byte)'"') == 2 * count && !ids.Contains((byte)'\\') && !ids.ContainsAnyInRange((byte)0, (byte)0x1f);

    private static string LastOf(ReadOnlySpan<byte> ids) =>
        Encoding.UTF8.GetString(ids[(ids[..^1].LastIndexOf((byte)'"') + 1)..^1]);

    private NpgsqlCommand Command(
        NpgsqlConnection connection, string name, OperationListQuery query, long? bytes = null)
    {
        var command = new NpgsqlCommand { Connection = connection }.With(query.Limit);
        if (bytes is { } most)
            command.With(most);
        command.CommandText = database.Sql[name]
            .Replace("{filters}", ListConditions.Of(query, command.Parameters), StringComparison.Ordinal);
        return command;
    }
}
