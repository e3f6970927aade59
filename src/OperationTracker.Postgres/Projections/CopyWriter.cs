using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Writes folded streams into the tables beside, by COPY, within the transaction of <paramref name="connection"/>.
/// Holds a few megabytes of rows at most, but for one stream's.
/// </summary>
internal sealed class CopyWriter(TrackerDatabase database, NpgsqlConnection connection)
{
    private const int HeldBytes = 2 * 1024 * 1024;
    private const int HeldPastRows = 5_000;

    private readonly List<OperationRow> _rows = [];
    private readonly List<PastOperationRow> _past = [];
    private int _bytes;

    /// <summary>
    /// Adds a stream; of its past only what came after <paramref name="known"/>, where something was there already.
    /// </summary>
    public async Task AddAsync(FoldedStream stream, DateTime? known, CancellationToken cancel)
    {
        if (stream.Row is { } row)
        {
            _rows.Add(row);
            _bytes += row.Document.Length;
        }

        _past.AddRange(known is { } from ? stream.Past.Where(past => past.ValidTo > from) : stream.Past);
        if (_bytes > HeldBytes || _past.Count > HeldPastRows)
            await FlushAsync(cancel).ConfigureAwait(false);
    }

    public async Task FlushAsync(CancellationToken cancel)
    {
        await CopyAsync("operations_rebuild", OperationColumns.Views, _rows, cancel).ConfigureAwait(false);
        await CopyAsync("past_operations_rebuild", OperationColumns.PastViews, _past, cancel).ConfigureAwait(false);
        _bytes = 0;
    }

    private async Task CopyAsync<TRow>(
        string table, IReadOnlyList<Column<TRow>> columns, List<TRow> rows, CancellationToken cancel)
    {
        if (rows.Count == 0)
            return;
        var importer = await connection.BeginBinaryImportAsync(
            $"copy {database.Schema.Quoted}.{table} ({OperationColumns.NamesOf(columns)}) from stdin (format binary)",
            cancel).ConfigureAwait(false);
        await using (importer.ConfigureAwait(false))
        {
            foreach (var row in rows)
            {
                await importer.StartRowAsync(cancel).ConfigureAwait(false);
                foreach (var column in columns)
                    await column.CopyAsync(importer, row, cancel).ConfigureAwait(false);
            }

            await importer.CompleteAsync(cancel).ConfigureAwait(false);
        }

        rows.Clear();
    }
}
