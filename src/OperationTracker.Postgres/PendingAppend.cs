using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// One caller's change on its way. It is settled exactly once: by the flight that took it, or, while it still waits, by
/// its caller or the clock that withdraws it.
/// </summary>
internal sealed class PendingAppend(string streamId, ProposedChange? change, long enqueuedAt)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Withdrawn = 2;

    private readonly TaskCompletionSource<AppendOutcome> _outcome =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private int _stage;

    public string StreamId => streamId;

    /// <summary>The change; null when the stream's view is only to be caught up.</summary>
    public ProposedChange? Change => change;

    public int Size => change?.Size ?? 0;

    /// <summary>The clock's stamp of when it was proposed.</summary>
    public long EnqueuedAt => enqueuedAt;

    /// <summary>How often it met another writer.</summary>
    public int Conflicts { get; set; }

    public Task<AppendOutcome> Outcome => _outcome.Task;

    /// <summary>Takes it into a flight; false when it was withdrawn.</summary>
    public bool TryTake() => Interlocked.CompareExchange(ref _stage, Taken, Waiting) == Waiting;

    /// <summary>Puts it back after a conflict, to be taken again.</summary>
    public void PutBack() => Volatile.Write(ref _stage, Waiting);

    /// <summary>Withdraws it if no flight has taken it, and tells its caller why.</summary>
    public bool TryWithdraw(Exception why)
    {
        if (Interlocked.CompareExchange(ref _stage, Withdrawn, Waiting) != Waiting)
            return false;
        _outcome.TrySetException(why);
        return true;
    }

    public void Settle(AppendOutcome outcome) => _outcome.TrySetResult(outcome);

    public void Fail(Exception fault) => _outcome.TrySetException(fault);
}
