using Npgsql;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// Reads views, several with one question. Promises: each is as the database has it after the question was sent. What
/// is remembered from before serves only when the log, asked along with it, says that nothing has happened to it since.
/// For one reading at a time.
/// </summary>
internal sealed class ViewReader(TrackerDatabase database)
{
    /// <summary>
    /// Events since that are worth looking at for each view that is remembered: to look at one costs about as much as
    /// to read a view. With more of them the memory is given up.
    /// </summary>
    private const int ChangesAView = 2;

    /// <summary>As many are looked at in any case.</summary>
    private const int LeastChanges = 16;

    private readonly RememberedViews _remembered = new();

    /// <summary>
    /// Settles the reads whose views stand at their streams' versions, and marks those whose views do not. What is left
    /// is absent.
    /// </summary>
    public async Task ReadAsync(NpgsqlConnection connection, PendingRead[] reads)
    {
        try
        {
            await ReadAllAsync(connection, reads).ConfigureAwait(false);
        }
        catch
        {
            // The server may have crashed, and have taken back what it did not have to keep.
            _remembered.Forget();
            throw;
        }
    }

    private async Task ReadAllAsync(NpgsqlConnection connection, PendingRead[] reads)
    {
        var (known, unknown) = (new List<PendingRead>(reads.Length), new List<PendingRead>());
        foreach (var read in reads)
            (_remembered.Find(read.Id, read.KnownETag) is null ? unknown : known).Add(read);
        if (known.Count > 0 || _remembered.Position is null)
        {
            // The log first: what is read after it is no older.
            await AskAsync(connection, (ChangesAView * known.Count) + LeastChanges, unknown).ConfigureAwait(false);
            unknown.Clear();
        }

        foreach (var read in known)
        {
            if (_remembered.Find(read.Id, read.KnownETag) is { } view)
                read.Settle(view);
            else
                unknown.Add(read);
        }

        if (unknown.Count > 0)
            await AskAsync(connection, null, unknown).ConfigureAwait(false);
    }

    /// <param name="connection">Where to.</param>
    /// <param name="mostChanges">Of the log, so many changes at most; null to leave it.</param>
    /// <param name="reads">The views.</param>
    private async Task AskAsync(NpgsqlConnection connection, int? mostChanges, List<PendingRead> reads)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (mostChanges is { } most)
            batch.BatchCommands.Add(LogSince(_remembered.Position ?? 0, most));
        if (reads.Count > 0)
            batch.BatchCommands.Add(FindViews(reads));
        await batch.PrepareAsync(CancellationToken.None).ConfigureAwait(false);
        await using var rows = await batch.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        if (mostChanges is not null)
        {
            await rows.ReadAsync(CancellationToken.None).ConfigureAwait(false);
            var origin = new ViewsOrigin(rows.IsDBNull(1) ? null : rows.GetString(1), rows.GetDateTime(2));
            _remembered.MoveTo(
                rows.GetInt64(0), origin, rows.IsDBNull(3) ? null : rows.GetFieldValue<string[]>(3));
            await rows.NextResultAsync(CancellationToken.None).ConfigureAwait(false);
        }

        while (await rows.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            Take(rows, reads[rows.GetInt32(0) - 1]);
    }

    private void Take(NpgsqlDataReader row, PendingRead read)
    {
        read.IsBehind = !row.GetBoolean(1);
        if (read.IsBehind)
            return;
        var view = new OperationView(row.GetInt64(2), row.GetFieldValue<byte[]>(4), row.GetString(3));
        read.Settle(view);
        _remembered.Add(read.Id, view);
    }

    private NpgsqlBatchCommand LogSince(long position, int mostChanges) =>
        new NpgsqlBatchCommand(database.Sql["log_since"]).With(position).With(mostChanges);

    private NpgsqlBatchCommand FindViews(List<PendingRead> reads) =>
        new NpgsqlBatchCommand(database.Sql["find_views"])
            .With(Texts(reads, read => read.Id)).With(Texts(reads, read => read.KnownETag));

    private static string?[] Texts(List<PendingRead> reads, Func<PendingRead, string?> text)
    {
        var values = new string?[reads.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = text(reads[i]);
        return values;
    }
}
