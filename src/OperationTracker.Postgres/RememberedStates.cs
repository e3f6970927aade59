using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// What flights assume of streams instead of loading them: the state in which this node left a stream, and that an
/// operation of which nothing is known is new, as long as nearly all were. Promises: an assumption is only ever a
/// proposal, which the append proves by the stream's version, under the append lock; what nothing is appended upon is
/// loaded. Empty while others append to the same log, for then most of it would be wrong. Safe for several flights at
/// once.
/// </summary>
internal sealed class RememberedStates(TimeProvider clock)
{
    /// <summary>Bytes of states: some 3,000 operations of 1 KB.</summary>
    private const long Capacity = 16 << 20;

    /// <summary>Larger documents are not kept: each would take the place of many.</summary>
    private const int LargestDocument = 16 << 10;

    /// <summary>How many times as large as its document's text a state is, and its view beside it.</summary>
    private const int StateSize = 5;

    /// <summary>What an entry takes beside its document.</summary>
    private const int EntryBytes = 600;

    /// <summary>The share of unknown operations that has to be new lately for the next to be taken as new.</summary>
    private const double NearlyAll = 0.95;

    /// <summary>Of how many operations the share is an average, about.</summary>
    private const double Lately = 64;

    private readonly Lock _lock = new();
    private readonly ClockCache<LoadedOperation> _states = new(
        Capacity, static (id, operation) => SizeOf(operation) + (sizeof(char) * id.Length) + EntryBytes);

    private readonly OtherAppenders _others = new(clock);
    private double _newShare;
    private volatile bool _sharesLog;

    /// <summary>The share of unknown operations that were new, before any was seen.</summary>
    public double NewShare { init => _newShare = value; }

    /// <summary>Whether others append between most flights of this node.</summary>
    public bool SharesLog => _sharesLog;

    /// <summary>What may be assumed of a stream; null when it has to be loaded.</summary>
    public LoadedOperation? Assume(string streamId)
    {
        lock (_lock)
        {
            if (_others.AreThere)
                return null;
            return _states.Find(streamId) ?? (_newShare > NearlyAll ? LoadedOperation.AssumedNew : null);
        }
    }

    /// <summary>Notes what a stream was found to be.</summary>
    public void NoteLoaded(string streamId, LoadedOperation operation)
    {
        lock (_lock)
        {
            if (_states.Find(streamId) is null)
                CountUnknown(wasNew: operation.State.Version == 0);
        }
    }

    /// <summary>Notes whether an operation that was taken to be new was.</summary>
    public void NoteAssumedNew(bool wasNew)
    {
        lock (_lock)
            CountUnknown(wasNew);
    }

    /// <summary>
    /// Notes where a flight of this node's stands in the log, and forgets all when others have appended before it.
    /// </summary>
    public void NoteFlight(long logBefore, int events)
    {
        lock (_lock)
        {
            if (_others.Note(logBefore, events))
                _states.Clear();
            _sharesLog = _others.AreBusy;
        }
    }

    /// <summary>
    /// Keeps the state in which a flight has left a stream, unless it is a final one, which hardly anything follows.
    /// </summary>
    public void Keep(string streamId, LoadedOperation operation)
    {
        lock (_lock)
        {
            if (operation.State.Document is { } document && !document.Status.IsFinal()
                && operation.View!.Document.Length <= LargestDocument)
                _states.Add(streamId, operation with { IsAssumed = true });
            else
                _states.Remove(streamId);
        }
    }

    /// <summary>Drops what is kept of a stream.</summary>
    public void Forget(string streamId)
    {
        lock (_lock)
            _states.Remove(streamId);
    }

    /// <summary>Drops all: the server may be another, or have gone back to what it had to keep.</summary>
    public void ForgetAll()
    {
        lock (_lock)
        {
            _states.Clear();
            _others.ForgetLog();
            _newShare = 0;
        }
    }

    private void CountUnknown(bool wasNew) => _newShare += ((wasNew ? 1 : 0) - _newShare) / Lately;

    private static long SizeOf(LoadedOperation operation) => StateSize * (long)operation.View!.Document.Length;
}
