using System.Data;
using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Compares stored views with the folds of their events, in one snapshot of the database each time: what differs there
/// did differ, whatever is being written, and whichever table is being put in the place of this one.
/// </summary>
internal sealed class ViewComparison(TrackerDatabase database, EventFaults faults, bool withMembers)
{
    private readonly StreamFolder _folder = new(database, faults, withPast: false);

    /// <summary>Compares a page of streams.</summary>
    public Task<ComparedPage> CompareAsync(NpgsqlConnection connection, StreamPage page, CancellationToken cancel) =>
        CompareAsync(
            connection, page.Streams, folder => folder.FoldAsync(connection, page.After, page.Last, cancel), cancel);

    /// <summary>Compares some operations, whether there are streams of these ids or not.</summary>
    public Task<ComparedPage> CompareAsync(
        NpgsqlConnection connection, IReadOnlyList<string> operationIds, CancellationToken cancel) =>
        CompareAsync(
            connection, operationIds.ToDictionary(id => id, _ => 0L, StringComparer.Ordinal),
            folder => folder.FoldAsync(connection, operationIds, cancel), cancel);

    private async Task<ComparedPage> CompareAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<string, long> ids,
        Func<StreamFolder, IAsyncEnumerable<FoldedStream>> fold, CancellationToken cancel)
    {
        await using var transaction = await connection
            .BeginTransactionAsync(IsolationLevel.RepeatableRead, cancel).ConfigureAwait(false);
        await using (var hold = database.Command(connection, "hold_views"))
            await hold.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        var folds = new Dictionary<string, FoldedStream>(StringComparer.Ordinal);
        await foreach (var stream in fold(_folder).ConfigureAwait(false))
            folds.Add(stream.StreamId, stream);
        string[] all = [.. ids.Keys.Union(folds.Keys)];
        var pending = await FindPendingAsync(connection, all, cancel).ConfigureAwait(false);
        var versions = await ReadVersionsAsync(connection, all, cancel).ConfigureAwait(false);
        var differences = new List<ViewDifference>();
        var behind = 0;
        var without = new HashSet<string>(all, StringComparer.Ordinal);
        await using (var command = database.Command(connection, "read_views").With(all))
        {
            command.CommandText = command.CommandText.Replace(
                "{columns}", OperationColumns.NamesOf(OperationColumns.Views), StringComparison.Ordinal);
            await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                var id = rows.GetString(0);
                without.Remove(id);
                Judge(id, Compare(id, folds.GetValueOrDefault(id), rows));
            }
        }

        foreach (var id in without.Where(id => folds.GetValueOrDefault(id)?.Row is not null))
            Judge(id, new ViewDifference(id, DifferenceKind.Missing, [], []));
        differences.AddRange(
            all.Where(IsDamaged).Select(id => new ViewDifference(id, DifferenceKind.DamagedStream, [], [])));
        return new ComparedPage(
            folds.Count, folds.Values.Sum(stream => stream.Events), behind, differences,
            differences.Select(difference => difference.OperationId).Distinct(StringComparer.Ordinal)
                .ToDictionary(id => id, folds.GetValueOrDefault, StringComparer.Ordinal));

        void Judge(string id, ViewDifference? difference)
        {
            if (difference is null || IsDamaged(id))
                return;
            if (pending.Contains(id) && difference.Kind is not DifferenceKind.Different)
                behind++;
            else
                differences.Add(difference);
        }

        bool IsDamaged(string id)
        {
            var (events, last) = folds.TryGetValue(id, out var stream) ? (stream.Events, stream.Version) : (0, 0);
            return events != last || last != versions.GetValueOrDefault(id);
        }
    }

    private ViewDifference? Compare(string id, FoldedStream? stream, NpgsqlDataReader stored)
    {
        if (stream?.Row is not { } row)
            return new ViewDifference(id, DifferenceKind.Extra, [], []);
        if (stored.GetInt64(1) != row.StreamVersion)
            return new ViewDifference(id, DifferenceKind.Stale, [], []);
        List<string>? columns = null;
        for (var i = 0; i < OperationColumns.Views.Count; i++)
        {
            if (!OperationColumns.Views[i].IsSame(row, stored, i))
                (columns ??= []).Add(OperationColumns.Views[i].Name);
        }

        if (columns is null)
            return null;
        var members = withMembers && columns.Contains(OperationColumns.Document)
            ? DocumentDifferences.Of(
                stored.GetFieldValue<byte[]>(stored.GetOrdinal(OperationColumns.Document)), row.Document)
            : [];
        return new ViewDifference(id, DifferenceKind.Different, columns, members);
    }

    private async Task<HashSet<string>> FindPendingAsync(
        NpgsqlConnection connection, string[] ids, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "find_pending").With(ids);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var pending = new HashSet<string>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            pending.Add(rows.GetString(0));
        return pending;
    }

    private async Task<Dictionary<string, long>> ReadVersionsAsync(
        NpgsqlConnection connection, string[] ids, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "read_versions").With(ids);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var versions = new Dictionary<string, long>(StringComparer.Ordinal);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            versions.Add(rows.GetString(0), rows.GetInt64(1));
        return versions;
    }
}

/// <summary>What a comparison of some streams has found.</summary>
/// <param name="Streams">Streams that were folded.</param>
/// <param name="Events">Events that were folded.</param>
/// <param name="Behind">Views that wait to be caught up with another application's events.</param>
/// <param name="Differences">What differs.</param>
/// <param name="Folds">The folds of those that differ; null where there is no stream.</param>
internal sealed record ComparedPage(
    int Streams, long Events, int Behind, IReadOnlyList<ViewDifference> Differences,
    IReadOnlyDictionary<string, FoldedStream?> Folds);
