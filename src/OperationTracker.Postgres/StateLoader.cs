using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// Loads the states of operations: from the view where it stands at its stream's version, else by folding the events
/// (another application has appended, or the stored document cannot be read). Never in the append's transaction.
/// </summary>
internal sealed class StateLoader(TrackerDatabase database)
{
    /// <summary>Events read at once while a stream is folded; bounds the memory that a long stream takes.</summary>
    private const int FoldPage = 500;

    /// <summary>The operations of these streams, in their order.</summary>
    public async Task<LoadedOperation[]> LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<string> streamIds, CancellationToken cancel)
    {
        var loaded = new LoadedOperation?[streamIds.Count];
        var known = new (long Version, byte[]? Link)?[streamIds.Count];
        await using (var command = database.Command(connection, "load_states").With<string[]>([.. streamIds]))
        {
            await command.PrepareAsync(cancel).ConfigureAwait(false);
            await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                var index = rows.GetInt32(0) - 1;
                known[index] =
                    (rows.IsDBNull(1) ? 0 : rows.GetInt64(1), rows.IsDBNull(9) ? null : rows.GetFieldValue<byte[]>(9));
                loaded[index] = ReadView(rows);
            }
        }

        for (var i = 0; i < loaded.Length; i++)
        {
            if (known[i] is not { } stream)
                continue;
            var operation = loaded[i] ?? await FoldAsync(connection, streamIds[i], cancel).ConfigureAwait(false);
            // The fold is read later, and may have met an event more.
            loaded[i] = operation with { LastLink = operation.State.Version == stream.Version ? stream.Link : null };
        }

        return [.. loaded.Select(operation => operation ?? LoadedOperation.Absent)];
    }

    /// <summary>Folds a stream from its first event on.</summary>
    public async Task<LoadedOperation> FoldAsync(NpgsqlConnection connection, string streamId, CancellationToken cancel)
    {
        var state = OperationState.Initial;
        var lastEventAt = DateTimeOffset.MinValue;
        IReadOnlyList<StoredEvent> page;
        do
        {
            page = await StoredEventReader
                .ReadStreamAsync(database, connection, streamId, state.Version, FoldPage, cancel).ConfigureAwait(false);
            foreach (var @event in page)
            {
                state = OperationProjection.ApplyAt(state, @event.Version, @event.Event);
                lastEventAt = @event.Timestamp > lastEventAt ? @event.Timestamp : lastEventAt;
            }
        }
        while (page.Count > 0);

        return new LoadedOperation(state, OperationView.Of(state), lastEventAt);
    }

    /// <summary>The operation as its view tells it; null when the view is missing, behind, or cannot be read.</summary>
    private static LoadedOperation? ReadView(NpgsqlDataReader row)
    {
        if (row.IsDBNull(1) || row.IsDBNull(2) || row.GetInt64(1) != row.GetInt64(2))
            return null;
        var bytes = row.GetFieldValue<byte[]>(7);
        if (OperationJson.Read(bytes).Document is not { } document)
            return null;
        var view = new OperationView(row.GetInt64(3), bytes, row.GetString(5));
        var refusals = row.GetString(6);
        var state = new OperationState(
            document, row.GetInt64(2), view.DocumentVersion, refusals.Length == 0 ? [] : [.. refusals.Split(' ')])
        {
            Redactions = Redactions.Read(row.GetString(8)),
        };
        return new LoadedOperation(state, view, row.GetFieldValue<DateTimeOffset>(4));
    }
}
