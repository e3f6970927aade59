using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>Bounds of the append queue.</summary>
/// <param name="FlightEntries">
/// Changes of one flight. With more the statement's own time begins to show in every caller's wait; with fewer the disk's
/// flush is shared by fewer.
/// </param>
/// <param name="FlightBytes">Bytes of documents of one flight; keeps one statement far below PostgreSQL's message limit.</param>
/// <param name="Entries">Changes that may wait: a second's work or so; who comes later is better told at once.</param>
/// <param name="Bytes">Bytes of documents that may wait; bounds the memory.</param>
/// <param name="Patience">How long a change may wait before it is withdrawn, unsent.</param>
/// <param name="Conflicts">How often a change may meet other writers before its caller is told to come back.</param>
internal sealed record AppendQueueLimits(
    int FlightEntries = 256,
    long FlightBytes = 16 * 1024 * 1024,
    int Entries = 10_000,
    long Bytes = 128 * 1024 * 1024,
    TimeSpan? Patience = null,
    int Conflicts = 12)
{
    public TimeSpan PatienceOrDefault => Patience ?? TimeSpan.FromSeconds(10);
}

/// <summary>
/// Batches what waits. Promises: while one flight is out the next fills, and it leaves as soon as the first is back, with
/// no lingering; each change gets exactly one outcome; changes of one operation fly in the order in which they came; what
/// waits is bounded in number, bytes and time, and what is refused or withdrawn here has certainly not been sent.
/// </summary>
internal sealed class AppendQueue : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly Func<IReadOnlyList<PendingAppend>, Task> _fly;
    private readonly AppendQueueLimits _limits;
    private readonly TimeProvider _clock;
    private readonly ITimer _impatience;
    private readonly Lock _lock = new();
    private LinkedList<PendingAppend> _waiting = new();
    private long _waitingBytes;
    private int _returning;
    private bool _stopping;
    private Task _flying = Task.CompletedTask;

    /// <param name="fly">Settles each of the changes it is given, or puts it back.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="clock">Tells how long changes have waited.</param>
    public AppendQueue(Func<IReadOnlyList<PendingAppend>, Task> fly, AppendQueueLimits limits, TimeProvider clock)
    {
        _fly = fly;
        _limits = limits;
        _clock = clock;
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
    /// Puts a change back that met another writer: at once the first time, then after growing pauses, so that a row which
    /// another application holds is not asked for without end. Its caller is told when it has met too many.
    /// </summary>
    public void PutBack(PendingAppend entry)
    {
        if (++entry.Conflicts > _limits.Conflicts)
        {
            entry.Fail(new EventStoreException(
                StoreFailure.Overloaded, "The operation is being changed by others; the retries are used up."));
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
        while (true)
        {
            Task flying;
            lock (_lock)
            {
                if (_flying.IsCompleted && _waiting.Count == 0 && _returning == 0)
                    break;
                flying = _flying;
            }

            await flying.ConfigureAwait(false);
            await Task.Delay(FirstPause, _clock).ConfigureAwait(false);
        }

        await _impatience.DisposeAsync().ConfigureAwait(false);
    }

    private void Enqueue(PendingAppend entry)
    {
        _waiting.AddLast(entry);
        _waitingBytes += entry.Size;
        if (_flying.IsCompleted)
            _flying = Task.Run(FlyAllAsync);
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

    private async Task FlyAllAsync()
    {
        while (true)
        {
            var flight = TakeFlight();
            if (flight.Count == 0)
                return;
            try
            {
                await _fly(flight).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                foreach (var entry in flight)
                    entry.Fail(fault);
            }
        }
    }

    /// <summary>The next flight; when there is none, the next change starts a new run, for the lock orders the two.</summary>
    private List<PendingAppend> TakeFlight()
    {
        var flight = new List<PendingAppend>();
        lock (_lock)
        {
            var bytes = 0L;
            while (_waiting.First is { Value: var entry } && flight.Count < _limits.FlightEntries
                && (flight.Count == 0 || bytes + entry.Size <= _limits.FlightBytes))
            {
                _waiting.RemoveFirst();
                _waitingBytes -= entry.Size;
                if (!entry.TryTake())
                    continue;
                flight.Add(entry);
                bytes += entry.Size;
            }

            if (flight.Count == 0)
                _flying = Task.CompletedTask;
        }

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
                if (_clock.GetElapsedTime(entry.EnqueuedAt) > _limits.PatienceOrDefault && entry.TryWithdraw(
                    new EventStoreException(StoreFailure.Overloaded, "The change waited too long and was withdrawn.")))
                {
                    _waiting.Remove(node);
                    _waitingBytes -= entry.Size;
                }

                node = next;
            }
        }
    }
}
