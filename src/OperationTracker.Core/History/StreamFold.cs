using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.History;

/// <summary>The fold of a stream's beginning, event by event.</summary>
internal sealed class StreamFold
{
    /// <summary>The state after the events so far.</summary>
    public OperationState State { get; private set; } = OperationState.Initial;

    /// <summary>The last event folded; null before the first.</summary>
    public StoredEvent? Last { get; private set; }

    public void Add(StoredEvent @event)
    {
        State = OperationProjection.ApplyAt(State, @event.Version, @event.Event);
        Last = @event;
    }

    /// <summary>The operation after the events so far; null while it has no document.</summary>
    /// <param name="next">The event that follows; null at the stream's end.</param>
    public PastOperation? ToOperation(StoredEvent? next) =>
        OperationView.Of(State) is { } view ? new PastOperation(view, State.Version, WithinChange(next)) : null;

    /// <summary>
    /// Headers alone could promise events that never came: another application may write any. So the change goes on
    /// only where the next event says so too.
    /// </summary>
    private ChangeRange? WithinChange(StoredEvent? next)
    {
        if (Last is null || next is null || next.CausationId != Last.CausationId)
            return null;
        var range = EventOrigin.Of(Last).Change;
        return range.Last > Last.Version && EventOrigin.Of(next).Change == range ? range : null;
    }
}
