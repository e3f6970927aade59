using System.Collections.Concurrent;
using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Makes the view anew from the log, while it is read and written, in tables beside that then take its place. Promises:
/// readers see the old table or the new one, each with every acknowledged change; the new one is the fold of the log
/// and nothing else; one rebuild at a time; what was committed before a crash is not done again. Decision 0007 tells
/// why so.
/// </summary>
public sealed class ProjectionRebuild
{
    /// <summary>The projection, by the name of its table.</summary>
    public const string Operations = "operations";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly TrackerDatabase _database;
    private readonly RebuildOptions _options;
    private readonly TimeProvider _clock;
    private readonly Action<RebuildProgress> _onProgress;
    private readonly CopyTables _tables;
    private readonly Pace _pace;
    private readonly EventFaults _faults;
    private readonly LongStreams _longStreams = new();
    private RebuildLedger _ledger = null!;
    private RebuildCounters _counters = null!;

    /// <param name="database">Where the log is.</param>
    /// <param name="options">How it is done.</param>
    /// <param name="clock">Paces it.</param>
    /// <param name="onProgress">Is told each second how far it is.</param>
    /// <param name="onFault">Is told of each event that cannot be folded, where that does not stop it.</param>
    public ProjectionRebuild(
        TrackerDatabase database, RebuildOptions options, TimeProvider clock, Action<RebuildProgress> onProgress,
        Action<EventFault> onFault)
    {
        (_database, _options, _clock, _onProgress) = (database, options, clock, onProgress);
        _tables = new CopyTables(database);
        _pace = new Pace(options.Pace, clock);
        _faults = new EventFaults(database, options.OnFault, onFault);
    }

    /// <summary>Rebuilds, and returns the last figures.</summary>
    /// <exception cref="ProjectionLockedException">Another rebuild is running.</exception>
    /// <exception cref="NothingToResumeException">There is none to go on with.</exception>
    /// <exception cref="CannotSwapException">Something depends on the table.</exception>
    /// <exception cref="EventFaultException">
    /// An event cannot be folded, and that was to stop it; may be resumed.
    /// </exception>
    /// <exception cref="RebuildLostException">Somebody else has taken it over.</exception>
    public async Task<RebuildProgress> RunAsync(CancellationToken cancel)
    {
        await using var held = await RebuildLock.TakeAsync(_database, Operations, cancel).ConfigureAwait(false);
        await BeginAsync(held.Connection, cancel).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var beating = BeatAsync(held.Connection, stop);
        try
        {
            await BuildAsync(stop.Token).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            // A sign of life that could not be given is the cause of all that follows it.
            var cause = await EndOf(beating).ConfigureAwait(false) ?? fault;
            await EndAsync(cause, cancel.IsCancellationRequested).ConfigureAwait(false);
            if (ReferenceEquals(cause, fault))
                throw;
            throw cause;
        }

        await stop.CancelAsync().ConfigureAwait(false);
        await EndOf(beating).ConfigureAwait(false);
        (_counters.Phase, _counters.Detail) = ("done", null);
        var result = _counters.Now(_faults.Count);
        _onProgress(result);
        return result;
    }

    private async Task BeginAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (_options.Resume)
        {
            var last = await RebuildLedger.FindAsync(_database, connection, Operations, cancel).ConfigureAwait(false);
            NothingToResumeException.Require(last);
            _ledger = await RebuildLedger.ResumeAsync(_database, connection, last!.Id, cancel).ConfigureAwait(false);
        }
        else
        {
            await _tables.CreateAsync(connection, cancel).ConfigureAwait(false);
            _ledger = await RebuildLedger.StartAsync(_database, connection, Operations, cancel).ConfigureAwait(false);
            var ranges = await StreamPages.DivideAsync(_database, connection, _ledger.StreamsTotal, cancel)
                .ConfigureAwait(false);
            await _ledger.AddRangesAsync(connection, ranges, cancel).ConfigureAwait(false);
        }

        _counters = new RebuildCounters(_ledger.StreamsTotal, _ledger.EventsTotal, _clock);
        _counters.AddBefore(_ledger.Before.Streams, _ledger.Before.Events, _ledger.Before.Rows);
    }

    private async Task BuildAsync(CancellationToken cancel)
    {
        using var giveWay = new GiveWay(_database, _clock);
        await using var connection = await _database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        await giveWay.LookAroundAsync(connection, GiveWay.BetweenLooks, cancel).ConfigureAwait(false);
        // What swaps holds the append lock, and must not be put behind others; what makes indexes may.
        await using var walk = await _database.OpenWalkAsync(cancel).ConfigureAwait(false);
        // Whoever asks for a pace, and those who are served, do not want a burst of index building after it.
        if (!IsAlone())
            await _tables.IndexAsync(walk, cancel).ConfigureAwait(false);

        var vacuum = new CopyVacuum(_database, _clock);
        var ranges = new ConcurrentQueue<StreamRange>(
            await _ledger.ReadRangesAsync(connection, cancel).ConfigureAwait(false));
        await Workers.RunAllAsync(
            _options.Workers, stop => NewWorker(_pace, stop).ReadAsync(ranges), cancel).ConfigureAwait(false);

        _counters.Phase = "index";
        if (IsAlone())
            await CopyTables.UseAllProcessorsAsync(walk, cancel).ConfigureAwait(false);
        else
            await vacuum.RunAsync(walk, cancel).ConfigureAwait(false);
        await _tables.IndexAsync(walk, cancel).ConfigureAwait(false);
        await _tables.AnalyzeAsync(walk, cancel).ConfigureAwait(false);

        // The figures that stay: with the swap the rebuild is over, and gives no sign of life any more.
        await _ledger.BeatAsync(connection, _counters.Now(_faults.Count), cancel).ConfigureAwait(false);
        var swap = new RebuildSwap(
            _database, _ledger, _tables, _counters, _clock, _options.Workers, NewWorker, _pace, giveWay);
        await swap.RunAsync(connection, walk, cancel).ConfigureAwait(false);
        // It is done by now, whoever wants it stopped.
        if (!giveWay.IsBusy)
        {
            await new ReplacedTables(_database, _clock).DropAsync(connection, CancellationToken.None)
                .ConfigureAwait(false);
        }

        bool IsAlone() => _pace.PerSecond is null && !giveWay.IsBusy;

        RebuildWorker NewWorker(Pace pace, CancellationToken stop) =>
            new(_database, _ledger, _counters, _longStreams, pace, giveWay, vacuum, _faults, stop);
    }

    /// <summary>
    /// Gives a sign of life each second, and stops all when that cannot be done: the lock may be gone too.
    /// </summary>
    private async Task BeatAsync(NpgsqlConnection connection, CancellationTokenSource stop)
    {
        using var timer = new PeriodicTimer(Beat, _clock);
        try
        {
            do
            {
                var progress = _counters.Now(_faults.Count);
                await _ledger.BeatAsync(connection, progress, stop.Token).ConfigureAwait(false);
                _onProgress(progress);
            }
            while (await timer.WaitForNextTickAsync(stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It is over.
        }
        catch
        {
            await stop.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static async Task<Exception?> EndOf(Task beating)
    {
        try
        {
            await beating.ConfigureAwait(false);
            return null;
        }
        catch (Exception fault)
        {
            return fault;
        }
    }

    /// <summary>Notes why it ended, where that can still be told; else it counts as crashed.</summary>
    private async Task EndAsync(Exception cause, bool interrupted)
    {
        try
        {
            await using var connection = await _database.OpenMaintenanceAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await _ledger.BeatAsync(connection, _counters.Now(_faults.Count), CancellationToken.None)
                .ConfigureAwait(false);
            await _ledger.EndAsync(
                connection, interrupted ? "interrupted" : "failed",
                interrupted ? null
                    : cause is EventFaultException ? cause.Message
                    : TrackerDatabase.Explain(cause).Message)
                .ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is NpgsqlException or TimeoutException or IOException)
        {
            // The database is away.
        }
    }
}

/// <summary>There is no rebuild that could be gone on with.</summary>
public sealed class NothingToResumeException : Exception
{
    private NothingToResumeException(string message) : base(message)
    {
    }

    internal static void Require(RebuildState? last)
    {
        // It is asked under the lock, which is the caller's own: whoever is said to be running holds it no more.
        if (last is not ({ CanBeResumed: true } or { State: RebuildState.Running }))
            throw new NothingToResumeException("There is no unfinished rebuild to resume. Start one without --resume.");
        if (last.Fingerprint != Core.Operations.OperationProjection.Fingerprint
            || last.SchemaVersion != Schema.Migrations.Latest)
        {
            throw new NothingToResumeException(
                $"The unfinished rebuild was begun by another build (fold {last.Fingerprint},"
                + $" schema {last.SchemaVersion})."
                + " Start a new one without --resume.");
        }
    }
}
