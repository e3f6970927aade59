using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Writes folded streams into the tables beside, by COPY, within the transaction of <paramref name="connection"/>.
/// Holds a few megabytes of rows at most, but for one stream's; made once and used again, for its buffers.
/// </summary>
internal sealed class CopyWriter(TrackerDatabase database, NpgsqlConnection connection)
{
    private const int HeldBytes = 2 * 1024 * 1024;

    private readonly CopyBuffer _views = new();
    private readonly CopyBuffer _past = new();

    /// <summary>
    /// Adds a stream; of its past only what came after <paramref name="known"/>, where something was there already.
    /// </summary>
    public async Task AddAsync(FoldedStream stream, DateTime? known, CancellationToken cancel)
    {
        if (stream.Row is { } row)
            Add(_views, OperationColumns.Views, row);
        foreach (var past in stream.Past)
        {
            if (known is not { } from || past.ValidTo > from)
                Add(_past, OperationColumns.PastViews, past);
        }

        if (_views.Length + _past.Length > HeldBytes)
            await FlushAsync(cancel).ConfigureAwait(false);
    }

    public async Task FlushAsync(CancellationToken cancel)
    {
        await _views.SendAsync(
            connection, Statement("operations_rebuild", OperationColumns.Views), cancel).ConfigureAwait(false);
        await _past.SendAsync(connection, Statement("past_operations_rebuild", OperationColumns.PastViews), cancel)
            .ConfigureAwait(false);
    }

    private static void Add<TRow>(CopyBuffer buffer, IReadOnlyList<Column<TRow>> columns, TRow row)
    {
        buffer.BeginRow(columns.Count);
        for (var i = 0; i < columns.Count; i++)
            columns[i].Copy(buffer, row);
    }

    private string Statement<TRow>(string table, IReadOnlyList<Column<TRow>> columns) =>
        $"copy {database.Schema.Quoted}.{table} ({OperationColumns.NamesOf(columns)}) from stdin (format binary)";
}
