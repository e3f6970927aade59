using System.Text;
using System.Text.Json;
using Npgsql;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres.Projections;

/// <summary>What a repair came to.</summary>
/// <param name="Operations">Operations that were looked at.</param>
/// <param name="Events">Events that were folded.</param>
/// <param name="Written">Rows that differed, and were written or deleted.</param>
/// <param name="Unrepaired">Operations whose streams are damaged, or moved on whenever they were to be written.</param>
public sealed record RepairResult(long Operations, long Events, long Written, IReadOnlyList<string> Unrepaired);

/// <summary>Makes single views right where they are: those that differ, or those that are named.</summary>
public sealed class ViewRepair(
    TrackerDatabase database, RebuildOptions options, TimeProvider clock, string command, string byWhom)
{
    /// <summary>Operations written by one statement, which holds the append lock for so long.</summary>
    private const int Batch = 50;

    /// <summary>How often an operation is folded anew because its stream has moved on.</summary>
    private const int Attempts = 10;

    private readonly Pace _pace = new(options.Pace, clock);

    /// <summary>Folds these operations and writes what differs.</summary>
    /// <exception cref="ProjectionLockedException">
    /// The table is being rebuilt, and would take what is written here away.
    /// </exception>
    public async Task<RepairResult> RunAsync(
        IReadOnlyCollection<string> operationIds, Action<string> onWritten, Action<EventFault> onFault,
        CancellationToken cancel)
    {
        await using var held = await RebuildLock.TakeAsync(database, ProjectionRebuild.Operations, cancel)
            .ConfigureAwait(false);
        await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        var folder = new StreamFolder(database, new EventFaults(database, options.OnFault, onFault), withPast: false);
        var writer = new ViewWriter(database, command, byWhom, clock);
        var (events, paced, written, unrepaired) = (0L, 0L, 0L, new List<string>());
        foreach (var batch in operationIds.Chunk(Batch))
        {
            IReadOnlyList<string> left = batch;
            for (var attempt = 1; left.Count > 0 && attempt <= Attempts; attempt++)
            {
                var folds = left.ToDictionary(id => id, _ => (FoldedStream?)null, StringComparer.Ordinal);
                await foreach (var stream in folder.FoldAsync(connection, left, cancel).ConfigureAwait(false))
                {
                    folds[stream.StreamId] = stream;
                    events += stream.Events;
                }

                var read = folds.Values.OfType<FoldedStream>().ToArray();
                foreach (var damaged in read.Where(stream => stream.Events != stream.Version))
                {
                    folds.Remove(damaged.StreamId);
                    unrepaired.Add(damaged.StreamId);
                }

                (var done, left) = await writer.WriteAsync(connection, folds, cancel).ConfigureAwait(false);
                written += done.Count;
                foreach (var id in done)
                    onWritten(id);
            }

            unrepaired.AddRange(left);
            await _pace.WaitAsync(events - paced, cancel).ConfigureAwait(false);
            paced = events;
        }

        return new RepairResult(operationIds.Count, events, written, unrepaired);
    }

    /// <summary>The operations of a list, as the stored views tell it.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(OperationFilter filter, CancellationToken cancel)
    {
        var table = new OperationsTable(database);
        var ids = new List<string>();
        ListPosition? after = null;
        do
        {
            var page = await table.ReadIdsAsync(new OperationListQuery(filter, after, PageSize), cancel)
                .ConfigureAwait(false);
            if (page.Count > 0)
                ids.AddRange(JsonSerializer.Deserialize<string[]>($"[{Encoding.UTF8.GetString(page.Json.Span)}]")!);
            after = page.Last;
        }
        while (after is not null);
        return ids;
    }

    /// <summary>The operations whose streams have moved since an instant, in this application or another.</summary>
    public async Task<IReadOnlyList<string>> FindChangedSinceAsync(DateTimeOffset instant, CancellationToken cancel)
    {
        await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        await using var find = database.Command(connection, "find_moved_since").With(instant.UtcDateTime);
        await using var rows = await find.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var ids = new List<string>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            ids.Add(rows.GetString(0));
        return ids;
    }

    private const int PageSize = 5_000;
}
