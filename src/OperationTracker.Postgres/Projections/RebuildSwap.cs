using System.Collections.Concurrent;
using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// The end of a rebuild: catches the copy up with what was appended meanwhile, again and again until little is left,
/// and puts it in place. The append lock is held for milliseconds; a reader who holds the table makes it wait, not the
/// others.
/// </summary>
internal sealed class RebuildSwap(
    TrackerDatabase database, RebuildLedger ledger, CopyTables tables, RebuildCounters counters, TimeProvider clock,
    int workers, Func<Pace, CancellationToken, RebuildWorker> newWorker, Pace pace, GiveWay giveWay)
{
    /// <summary>Positions of one search for what has changed: some ten milliseconds' work.</summary>
    private const int SearchedPositions = 4_000;

    /// <summary>
    /// How often the time of a piece is rested for, as long as less and less is left while others work.
    /// </summary>
    private const int Rests = 1;

    /// <summary>Changed streams that are few anywhere: folded in some milliseconds.</summary>
    private const int LeastFew = 200;

    /// <summary>As many are never few, however fast they are folded.</summary>
    private const int MostFew = 2_000;

    /// <summary>
    /// What the folding of few may take one worker, at the rate of the last pass; the append lock may be held for it.
    /// </summary>
    private const double FewSeconds = 0.06;

    /// <summary>Passes after which it is clear that the log grows as fast as it is caught up with.</summary>
    private const int MostPasses = 20;

    /// <summary>
    /// Attempts that found something changed, after which the append lock is held while it is folded.
    /// </summary>
    private const int PatientAttempts = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>How long readers of the table are waited for, while all others wait too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// As much where no attempt succeeds: on a machine so busy that short reads take long, somebody always reads.
    /// </summary>
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(150);

    private readonly Pace _unpaced = new(null, clock);
    private int _few = LeastFew;

    /// <param name="connection">Swaps, and may hold the append lock.</param>
    /// <param name="walk">Searches the log, behind others.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task RunAsync(NpgsqlConnection connection, NpgsqlConnection walk, CancellationToken cancel)
    {
        await CatchUpAsync(connection, walk, cancel).ConfigureAwait(false);
        (counters.Phase, counters.Detail) = ("swap", null);
        var (attempts, pause, patience) = (0, FirstPause, Patience);
        while (true)
        {
            try
            {
                var holding = attempts++ >= PatientAttempts;
                if (await TryAsync(connection, walk, holding, patience, cancel).ConfigureAwait(false))
                    return;
                counters.Detail = null;
                continue;
            }
            catch (PostgresException fault) when (PostgresErrors.IsIndexMissing(fault))
            {
                await tables.IndexAsync(connection, cancel).ConfigureAwait(false);
                continue;
            }
            catch (PostgresException fault) when (PostgresErrors.IsRebuildLost(fault))
            {
                if (await ledger.IsDoneAsync(connection, cancel).ConfigureAwait(false))
                    return;
                throw new RebuildLostException();
            }
            catch (PostgresException fault) when (PostgresErrors.IsAppendLockHeld(fault))
            {
                counters.Detail = "waits for the append lock";
            }
            catch (PostgresException fault) when (PostgresErrors.IsContention(fault))
            {
                counters.Detail = $"waits for {await tables.FindUsersAsync(connection, cancel).ConfigureAwait(false)}";
                patience = patience * 1.25 < LongestPatience ? patience * 1.25 : LongestPatience;
            }

            await Task.Delay(pause * (0.75 + (Random.Shared.NextDouble() / 2)), clock, cancel).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            await CatchUpAsync(connection, walk, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Folds what has changed up to now, until that is little or does not become less. The passes keep the pace for as
    /// long as each has half as much to do as the one before; else they have to be faster than the log grows.
    /// </summary>
    private async Task CatchUpAsync(NpgsqlConnection connection, NpgsqlConnection walk, CancellationToken cancel)
    {
        if (counters.Phase != "swap")
            counters.Phase = "catch-up";
        var before = int.MaxValue;
        for (var pass = 0; pass < MostPasses; pass++)
        {
            var (changed, upTo) = await FindChangedAsync(walk, cancel).ConfigureAwait(false);
            if (counters.Phase == "catch-up")
                counters.Detail = $"{changed.Count:N0} operations have changed meanwhile";
            var keepsUp = counters.Phase != "swap" && changed.Count <= before / 2;
            if (changed.Count > 0)
                await FoldAsync(changed, keepsUp ? pace : _unpaced, keepsUp ? Rests : 0, cancel).ConfigureAwait(false);
            before = changed.Count;
            if (upTo > ledger.Horizon)
                await ledger.MoveHorizonAsync(connection, upTo, cancel).ConfigureAwait(false);
            if (changed.Count < _few)
                return;
        }
    }

    private async Task<bool> TryAsync(
        NpgsqlConnection connection, NpgsqlConnection walk, bool holding, TimeSpan patience, CancellationToken cancel)
    {
        if (holding)
            return await TryHoldingAsync(connection, walk, patience, cancel).ConfigureAwait(false);
        var (streams, upTo) = await tables.TrySwapAsync(connection, ledger, ledger.Horizon, patience, cancel)
            .ConfigureAwait(false);
        if (streams.Length == 0)
            return true;
        await FoldAsync(streams, _unpaced, 0, cancel).ConfigureAwait(false);
        await ledger.MoveHorizonAsync(connection, upTo, cancel).ConfigureAwait(false);
        return false;
    }

    /// <summary>Holds the append lock, in a session of its own, while the few that have changed are folded.</summary>
    private async Task<bool> TryHoldingAsync(
        NpgsqlConnection connection, NpgsqlConnection walk, TimeSpan patience, CancellationToken cancel)
    {
        await using var reader = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        await using var holder = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        var worker = newWorker(_unpaced, cancel);
        try
        {
            if (await tables.SwapHoldingAsync(
                holder, ledger, changed => worker.ReplaceAsync(reader, holder, changed), _few, patience, cancel)
                .ConfigureAwait(false))
                return true;
        }
        catch (NpgsqlException fault) when (fault is not PostgresException || PostgresErrors.IsEndedForSilence(fault))
        {
            // The server has ended the session. If the whole database is away, the next statement of the other one says
            // so; if the swap was done all the same, the next attempt does.
            counters.Detail = "the last changes took too long to be folded under the append lock";
        }

        await CatchUpAsync(connection, walk, cancel).ConfigureAwait(false);
        return false;
    }

    private async Task<(IReadOnlyCollection<string> Changed, long UpTo)> FindChangedAsync(
        NpgsqlConnection walk, CancellationToken cancel)
    {
        await using var last = database.Command(walk, "last_position");
        var upTo = (long)(await last.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        var changed = new HashSet<string>(StringComparer.Ordinal);
        for (var (from, to) = (ledger.Horizon, 0L); from < upTo; from = to)
        {
            to = Math.Min(from + SearchedPositions, upTo);
            changed.UnionWith(await giveWay.DoAsync(walk, Rests, () => SearchAsync(walk, from, to, cancel), cancel)
                .ConfigureAwait(false));
        }

        return (changed, upTo);
    }

    private async Task<List<string>> SearchAsync(
        NpgsqlConnection walk, long from, long to, CancellationToken cancel)
    {
        var changed = new List<string>();
        await using var command = database.Command(walk, "changed_streams").With(from).With(to);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            changed.Add(rows.GetString(0));
        return changed;
    }

    private async Task FoldAsync(
        IReadOnlyCollection<string> streamIds, Pace at, int rests, CancellationToken cancel)
    {
        ConcurrentQueue<string[]> chunks = RebuildWorker.ChunksOf(streamIds);
        var (side, since) = (Math.Min(workers, chunks.Count), clock.GetTimestamp());
        await Workers.RunAllAsync(side, stop => newWorker(at, stop).CatchUpAsync(chunks, rests), cancel)
            .ConfigureAwait(false);
        if (at.PerSecond is null && rests == 0)
        {
            var perSecond = streamIds.Count / clock.GetElapsedTime(since).TotalSeconds / side;
            _few = (int)Math.Clamp(perSecond * FewSeconds, LeastFew, MostFew);
        }
    }
}
