using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// Reads pages of the list as it stood at an instant: from the rows that stand since then and those that others have
/// taken the place of. Of the latter the documents are not kept; they are folded from the events, for the page's rows
/// only.
/// </summary>
internal sealed class PastOperations(TrackerDatabase database)
{
    /// <summary>Events that one statement reads to fold rows, unless a single row takes more.</summary>
    private const long FoldEvents = 2_000;

    public async Task<OperationListPage> ReadIdsAsync(OperationListQuery query, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var batch = Batch(connection, "list_past_ids", query);
        await using var rows = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await rows.NextResultAsync(cancel).ConfigureAwait(false);
        var page = await OperationsTable.ReadIdsAsync(rows, cancel).ConfigureAwait(false);
        return page with { IsMore = rows.GetBoolean(4) };
    }

    public async Task<IReadOnlyList<OperationListItem>> ReadPageAsync(
        OperationListQuery query, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        var rows = await ReadRowsAsync(connection, query, cancel).ConfigureAwait(false);
        var page = new List<OperationListItem>();
        var bytes = 0L;
        foreach (var part in InParts(rows))
        {
            await FoldAsync(connection, part, cancel).ConfigureAwait(false);
            foreach (var row in part)
            {
                if (page.Count > 0 && bytes >= OperationsTable.PageBytes)
                    return page;
                page.Add(row.Item with { Document = query.DocumentOf(row.Document ?? []) });
                bytes += row.Document?.Length ?? 0;
            }
        }

        return page;
    }

    private async Task<List<PastRow>> ReadRowsAsync(
        NpgsqlConnection connection, OperationListQuery query, CancellationToken cancel)
    {
        await using var batch = Batch(connection, "list_past", query, OperationsTable.PageBytes);
        await using var rows = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await rows.NextResultAsync(cancel).ConfigureAwait(false);
        var found = new List<PastRow>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            found.Add(new PastRow(
                new OperationListItem(
                    rows.GetString(0), rows.GetString(1), rows.GetString(2), rows.GetString(3), default),
                rows.GetInt64(4))
            {
                Document = rows.IsDBNull(5) ? null : rows.GetFieldValue<byte[]>(5),
            });
        }

        return found;
    }

    /// <summary>The rows in order, in parts of which the folding is bounded.</summary>
    private static IEnumerable<List<PastRow>> InParts(List<PastRow> rows)
    {
        var (part, events) = (new List<PastRow>(), 0L);
        foreach (var row in rows)
        {
            var own = row.Document is null ? row.StreamVersion : 0;
            if (part.Count > 0 && events + own > FoldEvents)
            {
                yield return part;
                (part, events) = ([], 0);
            }

            part.Add(row);
            events += own;
        }

        if (part.Count > 0)
            yield return part;
    }

    /// <summary>Folds the documents that are missing; the events are read as they come, and none is held.</summary>
    private async Task FoldAsync(NpgsqlConnection connection, List<PastRow> part, CancellationToken cancel)
    {
        PastRow[] missing = [.. part.Where(row => row.Document is null)];
        if (missing.Length == 0)
            return;
        var states = new OperationState[missing.Length];
        Array.Fill(states, OperationState.Initial);
        await using var command = database.Command(connection, "read_prefixes")
            .With(Array.ConvertAll(missing, row => row.Item.OperationId))
            .With(Array.ConvertAll(missing, row => row.StreamVersion));
        await using var events = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await events.ReadAsync(cancel).ConfigureAwait(false))
        {
            ref var state = ref states[events.GetInt32(0) - 1];
            state = OperationProjection.ApplyAt(
                state, events.GetInt64(1),
                EventUpcasters.Declared.TryRead(
                    events.GetString(2), events.GetFieldValue<byte[]>(3),
                    events.IsDBNull(4) ? null : events.GetString(4)));
        }

        for (var i = 0; i < missing.Length; i++)
            missing[i].Document = states[i].Document is { } document ? OperationJson.Write(document) : null;
    }

    private NpgsqlBatch Batch(NpgsqlConnection connection, string name, OperationListQuery query, long? bytes = null)
    {
        var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql["allow_scans"]));
        var command = new NpgsqlBatchCommand().With(query.Limit).With(query.AsOf!.Value);
        if (bytes is { } most)
            command.With(most);
        command.CommandText = database.Sql[name]
            .Replace("{filters}", ListConditions.Of(query, command.Parameters), StringComparison.Ordinal);
        batch.BatchCommands.Add(command);
        return batch;
    }

    /// <summary>A row of the page, with its document once it is known.</summary>
    private sealed record PastRow(OperationListItem Item, long StreamVersion)
    {
        public byte[]? Document { get; set; }
    }
}
