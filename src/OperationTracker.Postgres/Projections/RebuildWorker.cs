using System.Collections.Concurrent;
using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// One of those that fold at the same time: reads streams on one connection and copies their rows on another, page by
/// page, each page a transaction with its checkpoint.
/// </summary>
internal sealed class RebuildWorker(
    TrackerDatabase database, RebuildLedger ledger, RebuildCounters counters, LongStreams longStreams, Pace pace,
    GiveWay giveWay, CopyVacuum vacuum, EventFaults faults, CancellationToken cancel)
{
    /// <summary>Streams of one transaction while catching up; each is looked for by the index.</summary>
    private const int CatchUpStreams = 100;

    private readonly StreamFolder _folder = new(database, faults, withPast: true);

    /// <summary>Reads ranges until none is left.</summary>
    public async Task ReadAsync(ConcurrentQueue<StreamRange> ranges)
    {
        await using var reader = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        await using var writer = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        var copy = new CopyWriter(database, writer);
        await new StreamWalk(database, giveWay, pace, StreamPages.CopiedStreams)
            .RunAsync(reader, ranges, (range, page) => CopyPageAsync(reader, writer, copy, range, page), cancel)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Folds streams anew that have changed, in place of what the copy has of them. It takes turns, and does not rest
    /// where it would not be faster than the log grows.
    /// </summary>
    /// <param name="chunks">The streams; <see cref="ChunksOf"/>.</param>
    /// <param name="rests">How often the time of a chunk is rested for while others are at work.</param>
    public async Task CatchUpAsync(ConcurrentQueue<string[]> chunks, int rests)
    {
        await using var reader = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        await using var writer = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        while (chunks.TryDequeue(out var chunk))
        {
            var events = await giveWay.DoAsync(reader, rests, () => ReplaceChunkAsync(reader, writer, chunk), cancel)
                .ConfigureAwait(false);
            await pace.WaitAsync(events, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>The chunks that <see cref="CatchUpAsync"/> takes.</summary>
    public static ConcurrentQueue<string[]> ChunksOf(IEnumerable<string> streamIds) =>
        new(streamIds.Chunk(CatchUpStreams));

    /// <summary>
    /// Replaces streams in the copy, within the writer's transaction; returns how many events they have.
    /// </summary>
    public async Task<long> ReplaceAsync(NpgsqlConnection reader, NpgsqlConnection writer, string[] streamIds)
    {
        var known = new Dictionary<string, DateTime>(StringComparer.Ordinal);
        var current = new HashSet<string>(StringComparer.Ordinal);
        await using (var find = database.Command(writer, "copied_until").With(streamIds))
        await using (var rows = await find.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            {
                if (rows.GetBoolean(2))
                    current.Add(rows.GetString(0));
                else
                    known.Add(rows.GetString(0), rows.GetDateTime(1));
            }
        }

        // Some were read after they had changed.
        streamIds = [.. streamIds.Where(id => !current.Contains(id))];
        await using (var delete = database.Command(writer, "delete_copied").With(streamIds))
            await delete.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        var (copy, events) = (new CopyWriter(database, writer), 0L);
        var whole = new List<string>();
        foreach (var id in streamIds)
        {
            if (longStreams.Find(id, UntilOf(id)) is { } before
                && await _folder.GoOnAsync(reader, before, cancel).ConfigureAwait(false)
                    is { Row.Redactions.Length: 0 } stream)
                await AddAsync(stream).ConfigureAwait(false);
            else
                whole.Add(id);
        }

        await foreach (var stream in _folder.FoldAsync(reader, whole, cancel).ConfigureAwait(false))
            await AddAsync(stream).ConfigureAwait(false);
        await copy.FlushAsync(cancel).ConfigureAwait(false);
        return events;

        DateTime? UntilOf(string id) => known.TryGetValue(id, out var time) ? time : null;

        async Task AddAsync(FoldedStream stream)
        {
            var until = UntilOf(stream.StreamId);
            if (until is not null && stream.Row is { Redactions.Length: > 0 })
            {
                // What was redacted may stand in the past that is copied already, and in a fold that was kept.
                await ForgetPastAsync(writer, stream.StreamId).ConfigureAwait(false);
                until = null;
            }

            await copy.AddAsync(stream, until, cancel).ConfigureAwait(false);
            longStreams.Keep(stream);
            events += stream.Events;
        }
    }

    private async Task ForgetPastAsync(NpgsqlConnection writer, string streamId)
    {
        await using var forget = database.Command(writer, "delete_copied_past").With(streamId);
        await forget.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private async Task<long> ReplaceChunkAsync(NpgsqlConnection reader, NpgsqlConnection writer, string[] streamIds)
    {
        await using var transaction = await writer.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await ledger.HoldAsync(writer, cancel).ConfigureAwait(false);
        var events = await ReplaceAsync(reader, writer, streamIds).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        await NoteCopiedAsync(writer, streamIds.Length).ConfigureAwait(false);
        return events;
    }

    /// <summary>One page of a range, with its checkpoint; returns how many events it had.</summary>
    private async Task<long> CopyPageAsync(
        NpgsqlConnection reader, NpgsqlConnection writer, CopyWriter copy, StreamRange range, StreamPage? page)
    {
        await using var transaction = await writer.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await ledger.HoldAsync(writer, cancel).ConfigureAwait(false);
        var (streams, events, rows) = (0, 0L, 0L);
        if (page is not null)
        {
            await foreach (var stream in _folder.FoldAsync(reader, page.After, page.Last, cancel).ConfigureAwait(false))
            {
                await copy.AddAsync(stream, null, cancel).ConfigureAwait(false);
                (streams, events, rows) = (streams + 1, events + stream.Events, rows + (stream.Row is null ? 0 : 1));
                counters.Add(1, stream.Events, stream.Row is null ? 0 : 1);
            }

            await copy.FlushAsync(cancel).ConfigureAwait(false);
        }

        var finished = page is null || page.IsLast;
        var reached = page?.Last ?? range.Reached;
        await ledger.AdvanceAsync(writer, range, reached, finished, (streams, events, rows), cancel)
            .ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        await NoteCopiedAsync(writer, streams).ConfigureAwait(false);
        return events;
    }

    /// <summary>
    /// Beside others, and where a pace was asked for; whoever is alone leaves it to the server's own vacuum.
    /// </summary>
    private Task NoteCopiedAsync(NpgsqlConnection connection, int streams) =>
        giveWay.IsBusy || pace.PerSecond is not null
            ? vacuum.AfterAsync(connection, streams, cancel) : Task.CompletedTask;
}
