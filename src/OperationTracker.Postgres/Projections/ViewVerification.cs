using System.Collections.Concurrent;
using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>What a verification has found.</summary>
/// <param name="Operations">Streams that were compared.</param>
/// <param name="Events">Events that were folded.</param>
/// <param name="Behind">
/// Views that wait to be caught up with another application's events: right soon, and reads fold them.
/// </param>
/// <param name="Differences">Rows that differ.</param>
public sealed record VerificationResult(long Operations, long Events, long Behind, long Differences);

/// <summary>Compares all stored views, or some, with the folds of their events, in a running system.</summary>
public sealed class ViewVerification(
    TrackerDatabase database, RebuildOptions options, TimeProvider clock, bool withMembers = false)
{
    /// <summary>Views looked at by one statement for being without a stream.</summary>
    private const int OrphanPage = 20_000;

    private readonly Pace _pace = new(options.Pace, clock);

    /// <summary>Compares every stored view with the fold of its events.</summary>
    /// <param name="onDifference">Is told of each difference, by several threads, one at a time.</param>
    /// <param name="onProgress">Is told each second how far it is.</param>
    /// <param name="onFault">Is told of events that cannot be folded; the write path folds them as no change.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task<VerificationResult> RunAsync(
        Action<ViewDifference> onDifference, Action<RebuildProgress> onProgress, Action<EventFault> onFault,
        CancellationToken cancel)
    {
        var faults = new EventFaults(database, options.OnFault, onFault);
        using var giveWay = new GiveWay(database, clock);
        await using var connection = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        await giveWay.LookAroundAsync(connection, GiveWay.BetweenLooks, cancel).ConfigureAwait(false);
        var (streams, events) = await StreamPages.CountAsync(database, connection, cancel).ConfigureAwait(false);
        var counters = new RebuildCounters(streams, events, clock) { Phase = "read" };
        var ranges = new ConcurrentQueue<StreamRange>(
            await StreamPages.DivideAsync(database, connection, streams, cancel).ConfigureAwait(false));
        var found = new Findings(onDifference);
        using var ticking = new Ticker(clock, () => onProgress(counters.Now(faults.Count)));
        await Workers.RunAllAsync(
            options.Workers, stop => CompareAsync(ranges, counters, faults, found, giveWay, stop), cancel)
            .ConfigureAwait(false);
        await FindOrphansAsync(connection, faults, found, giveWay, cancel).ConfigureAwait(false);
        counters.Phase = "done";
        var last = counters.Now(faults.Count);
        onProgress(last);
        return new VerificationResult(last.Streams, last.Events, found.Behind, found.Count);
    }

    /// <summary>Compares some operations.</summary>
    public async Task<VerificationResult> RunAsync(
        IReadOnlyList<string> operationIds, Action<ViewDifference> onDifference, Action<EventFault> onFault,
        CancellationToken cancel)
    {
        var comparison = new ViewComparison(
            database, new EventFaults(database, options.OnFault, onFault), withMembers);
        var found = new Findings(onDifference);
        await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        var (streams, events) = (0L, 0L);
        foreach (var chunk in operationIds.Chunk(100))
        {
            var page = await comparison.CompareAsync(connection, chunk, cancel).ConfigureAwait(false);
            found.Add(page);
            (streams, events) = (streams + page.Streams, events + page.Events);
            await _pace.WaitAsync(page.Events, cancel).ConfigureAwait(false);
        }

        return new VerificationResult(streams, events, found.Behind, found.Count);
    }

    /// <summary>Notes when the whole table was verified, where the role may write it.</summary>
    public async Task NoteAsync(VerificationResult result, CancellationToken cancel)
    {
        try
        {
            await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
            await using var command = database.Command(connection, "note_verified")
                .With(ProjectionRebuild.Operations).With(result.Operations).With(result.Differences);
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException fault) when (PostgresErrors.IsNotAllowed(fault))
        {
            // Who may only read may verify none the less.
        }
    }

    private async Task CompareAsync(
        ConcurrentQueue<StreamRange> ranges, RebuildCounters counters, EventFaults faults, Findings found,
        GiveWay giveWay, CancellationToken cancel)
    {
        var comparison = new ViewComparison(database, faults, withMembers);
        await using var connection = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        await new StreamWalk(database, giveWay, _pace, StreamPages.ComparedStreams)
            .RunAsync(connection, ranges, (_, page) => ComparePageAsync(page), cancel).ConfigureAwait(false);

        async Task<long> ComparePageAsync(StreamPage? page)
        {
            if (page is null)
                return 0;
            var compared = await comparison.CompareAsync(connection, page, cancel).ConfigureAwait(false);
            found.Add(compared);
            counters.Add(compared.Streams, compared.Events, compared.Streams);
            return compared.Events;
        }
    }

    /// <summary>Views whose stream is not there: the walk over the streams does not come by them.</summary>
    private async Task FindOrphansAsync(
        NpgsqlConnection connection, EventFaults faults, Findings found, GiveWay giveWay, CancellationToken cancel)
    {
        var comparison = new ViewComparison(database, faults, withMembers);
        for (string? after = ""; after is not null;)
        {
            var from = after;
            (after, var orphans) = await giveWay.DoAsync(
                connection, StreamWalk.Rests, () => FindPageAsync(from), cancel).ConfigureAwait(false);
            foreach (var chunk in orphans.Chunk(100))
                found.Add(await comparison.CompareAsync(connection, chunk, cancel).ConfigureAwait(false));
        }

        async Task<(string? Last, string[] Orphans)> FindPageAsync(string from)
        {
            await using var command = database.Command(connection, "find_orphans").With(from).With(OrphanPage);
            await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            await row.ReadAsync(cancel).ConfigureAwait(false);
            return (
                row.IsDBNull(0) || row.GetInt64(1) < OrphanPage ? null : row.GetString(0),
                row.GetFieldValue<string[]>(2));
        }
    }

    private sealed class Findings(Action<ViewDifference> onDifference)
    {
        private readonly Lock _lock = new();

        public long Count { get; private set; }

        public long Behind { get; private set; }

        public void Add(ComparedPage page)
        {
            lock (_lock)
            {
                Count += page.Differences.Count;
                Behind += page.Behind;
                foreach (var difference in page.Differences)
                    onDifference(difference);
            }
        }
    }
}
