using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// Carries out a flight: settles each of its changes, or puts it back. Calls <paramref name="prepared"/> once, when
/// nothing but the database's answer is missing.
/// </summary>
internal delegate Task FlyAsync(IReadOnlyList<PendingAppend> flight, Action prepared);

/// <summary>
/// Batches what waits. Two flights may be under way: one half of the changes is answered, comes back and is prepared
/// (loaded and decided) while the other half is being appended, so that neither the database nor the tracker waits for
/// the other. Where other nodes append as well, theirs are such another half, and one flight is under way that takes
/// all: the append lock has somebody who waits for it anyway, and who takes it rarely and with much gets more done.
/// Promises: a flight leaves as soon as there is room for it, what is ready to run has run, and about as many wait as
/// are under way; no timer holds it back; each change gets exactly one outcome; changes of one operation fly in the
/// order in which they came, and never in two flights at once, for each is decided upon what the one before has
/// stored; what waits is bounded in number, bytes and time, and what is refused or withdrawn here has certainly not
/// been sent.
/// </summary>
internal sealed class AppendQueue : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Flights under way where no other node appends: one is appended, one is prepared or waits for the append lock.
    /// </summary>
    private const int FlightsAlone = 2;

    /// <summary>So few changes are not divided between two flights, each of which has its price.</summary>
    private const int Undivided = 8;

    private readonly FlyAsync _fly;
    private readonly Func<Func<Task>, Task> _start;
    private readonly AppendQueueLimits _limits;
    private readonly TimeProvider _clock;
    private readonly Func<bool> _sharesLog;
    private readonly ITimer _impatience;
    private readonly Lock _lock = new();
    private readonly LinkedList<PendingAppend> _waiting = new();
    private readonly HashSet<string> _streamsUnderWay = new(StringComparer.Ordinal);
    private long _waitingBytes;
    private List<PendingAppend> _boarding = [];
    private long _boardingBytes;
    private int _returning;
    private bool _stopping;
    private int _underWay;
    private int _changesUnderWay;
    private bool _preparing;

    /// <param name="fly">Carries a flight out.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="clock">Tells how long changes have waited.</param>
    /// <param name="sharesLog">Whether others append between most flights; called under the queue's lock.</param>
    /// <param name="start">Starts a flight, called under the queue's lock; the thread pool does by default.</param>
    public AppendQueue(
        FlyAsync fly, AppendQueueLimits limits, TimeProvider clock, Func<bool> sharesLog,
        Func<Func<Task>, Task>? start = null)
    {
        _fly = fly;
        _start = start ?? StartGatheredAsync;
        _limits = limits;
        _clock = clock;
        _sharesLog = sharesLog;
        var period = limits.PatienceOrDefault / 20;
        _impatience = clock.CreateTimer(_ => WithdrawLate(), null, period, period);
    }

    /// <summary>Proposes a change, or the catching up of a view when it is null.</summary>
    /// <exception cref="EventStoreException">Too much waits, or the queue is stopping; nothing was sent.</exception>
    public async Task<AppendOutcome> AppendAsync(string streamId, ProposedChange? change, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var entry = new PendingAppend(streamId, change, _clock.GetTimestamp());
        lock (_lock)
        {
            if (_stopping)
                throw new EventStoreException(StoreFailure.Overloaded, "The tracker is stopping.");
            if (_waiting.Count >= _limits.Entries || _waitingBytes + entry.Size > _limits.Bytes)
                throw new EventStoreException(StoreFailure.Overloaded, "Too many changes wait to be appended.");
            Enqueue(entry);
        }

        await using var registration = cancel.UnsafeRegister(
            static (state, token) => ((PendingAppend)state!).TryWithdraw(new OperationCanceledException(token)), entry)
            .ConfigureAwait(false);
        return await entry.Outcome.ConfigureAwait(false);
    }

    /// <summary>
    /// Puts a change back that met another writer: at once the first time, then after growing pauses, so that a row
    /// which another application holds is not asked for without end. Its caller is told when it has met too many.
    /// </summary>
    public void PutBack(PendingAppend entry)
    {
        if (++entry.Conflicts > _limits.Conflicts || IsLate(entry))
        {
            entry.Fail(new EventStoreException(
                StoreFailure.Overloaded, "Others hold what the change needs; the retries are used up."));
            return;
        }

        lock (_lock)
        {
            if (entry.Conflicts <= 2)
            {
                Return(entry);
                return;
            }

            _returning++;
        }

        _ = ReturnLaterAsync(entry);
    }

    /// <summary>Refuses what comes from now on and finishes what has come.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
            _stopping = true;
        while (!IsIdle())
            await Task.Delay(FirstPause, _clock).ConfigureAwait(false);
        await _impatience.DisposeAsync().ConfigureAwait(false);

        bool IsIdle()
        {
            lock (_lock)
                return _underWay == 0 && _waiting.Count == 0 && _returning == 0;
        }
    }

    private void Enqueue(PendingAppend entry)
    {
        _waiting.AddLast(entry);
        _waitingBytes += entry.Size;
        StartFlight();
    }

    private void Return(PendingAppend entry)
    {
        entry.PutBack();
        Enqueue(entry);
    }

    private async Task ReturnLaterAsync(PendingAppend entry)
    {
        var pause = FirstPause * Math.Pow(2, entry.Conflicts - 3) * (0.5 + Random.Shared.NextDouble());
        await Task.Delay(pause < LongestPause ? pause : LongestPause, _clock).ConfigureAwait(false);
        lock (_lock)
        {
            _returning--;
            Return(entry);
        }
    }

    /// <summary>
    /// Starts a flight with what waits, if there is room and it is worth it. Only one is prepared at a time: what comes
    /// meanwhile gathers for the next. Called under the lock, whenever something came or something ended.
    /// </summary>
    private void StartFlight()
    {
        if (_preparing || _underWay >= (_sharesLog() ? 1 : FlightsAlone) || IsSmallerPart() || !Board())
            return;
        _preparing = true;
        _underWay++;
        _ = _start(FlyAsync);
    }

    /// <summary>
    /// Whether clearly fewer wait than are under way: these had better wait for more, since a flight of few costs
    /// nearly as much as one of many. Not so for a few that are missing, who may be late or gone.
    /// </summary>
    private bool IsSmallerPart() => _waiting.Count < _changesUnderWay - (_changesUnderWay / 8);

    private Task StartGatheredAsync(Func<Task> fly) => Task.Run(async () =>
    {
        await Gathering.LetOthersJoinAsync(CountWaiting, _limits.FlightEntries).ConfigureAwait(false);
        await fly().ConfigureAwait(false);
    });

    private int CountWaiting()
    {
        lock (_lock)
            return _waiting.Count;
    }

    private async Task FlyAsync()
    {
        var isPrepared = false;
        List<PendingAppend> flight;
        lock (_lock)
            flight = TakeOff();
        try
        {
            await _fly(flight, EndPreparation).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            foreach (var entry in flight)
                entry.Fail(fault);
        }

        lock (_lock)
        {
            foreach (var entry in flight)
                _streamsUnderWay.Remove(entry.StreamId);
            _underWay--;
            _changesUnderWay -= flight.Count;
            _preparing &= isPrepared;
            StartFlight();
        }

        void EndPreparation()
        {
            lock (_lock)
            {
                isPrepared = true;
                _preparing = false;
                StartFlight();
            }
        }
    }

    /// <summary>
    /// Takes into the next flight, from the front on, what may fly and has room, passing over streams that are under
    /// way; no more than half of all there is, if the other half can be the flight beside it. Says whether there is
    /// anybody in it.
    /// </summary>
    private bool Board()
    {
        var half = (_waiting.Count + _boarding.Count + _changesUnderWay + 1) / 2;
        var seats = Math.Min(_limits.FlightEntries, _sharesLog() ? int.MaxValue : Math.Max(Undivided, half));
        for (var node = _waiting.First; node is not null && _boarding.Count < seats;)
        {
            var (entry, next) = (node.Value, node.Next);
            if (_boarding.Count > 0 && _boardingBytes + entry.Size > _limits.FlightBytes)
                break;
            if (!_streamsUnderWay.Contains(entry.StreamId))
            {
                _waiting.Remove(node);
                _waitingBytes -= entry.Size;
                if (entry.TryTake())
                {
                    _boarding.Add(entry);
                    _boardingBytes += entry.Size;
                }
            }

            node = next;
        }

        return _boarding.Count > 0;
    }

    /// <summary>The flight that was filled, with what has come since it was begun.</summary>
    private List<PendingAppend> TakeOff()
    {
        Board();
        var flight = _boarding;
        (_boarding, _boardingBytes) = ([], 0);
        _changesUnderWay += flight.Count;
        foreach (var entry in flight)
            _streamsUnderWay.Add(entry.StreamId);
        return flight;
    }

    private void WithdrawLate()
    {
        lock (_lock)
        {
            // Old ones are in front, but for those that came back from a conflict; looking at all costs little.
            for (var node = _waiting.First; node is not null;)
            {
                var (entry, next) = (node.Value, node.Next);
                if (IsLate(entry) && entry.TryWithdraw(
                    new EventStoreException(StoreFailure.Overloaded, "The change waited too long and was withdrawn.")))
                {
                    _waiting.Remove(node);
                    _waitingBytes -= entry.Size;
                }

                node = next;
            }
        }
    }

    private bool IsLate(PendingAppend entry) => _clock.GetElapsedTime(entry.EnqueuedAt) > _limits.PatienceOrDefault;
}
