using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// What one flight writes: the changes of its callers, decided one upon another where they concern the same operation,
/// joined into one unit a stream.
/// </summary>
internal sealed class FlightPlan
{
    private readonly List<StreamUnit> _units = [];

    /// <summary>The streams that something is written to.</summary>
    public IReadOnlyList<StreamUnit> Units => _units;

    /// <summary>Decides about all entries, in order, given the operations that were loaded for their streams.</summary>
    public static FlightPlan Of(
        IEnumerable<PendingAppend> entries, IReadOnlyDictionary<string, LoadedOperation> operations)
    {
        var plan = new FlightPlan();
        var units = operations.ToDictionary(item => item.Key, item => new StreamUnit(item.Key, item.Value));
        foreach (var entry in entries)
        {
            var unit = units[entry.StreamId];
            var wasEmpty = !unit.Writes;
            try
            {
                unit.Add(entry);
            }
            catch (Exception fault)
            {
                // A decision that throws is a bug; it must not take the flight's other changes with it.
                entry.Fail(fault);
                continue;
            }

            if (!unit.Writes)
                unit.SettleLast();
            else if (wasEmpty)
                plan._units.Add(unit);
        }

        return plan;
    }
}

/// <summary>What a flight writes to one stream.</summary>
internal sealed class StreamUnit(string streamId, LoadedOperation operation)
{
    private readonly List<(PendingAppend Entry, AppendOutcome Outcome)> _outcomes = [];
    private readonly List<NewEvent> _events = [];
    private OperationView? _view = operation.View;

    public string StreamId => streamId;

    public LoadedOperation Before => operation;

    public OperationState State { get; private set; } = operation.State;

    public OperationView? View => _view;

    public IReadOnlyList<NewEvent> Events => _events;

    /// <summary>Whether there is anything to write: events, or a view to catch up.</summary>
    public bool Writes { get; private set; }

    public IEnumerable<PendingAppend> Entries => _outcomes.Select(item => item.Entry);

    public void Add(PendingAppend entry)
    {
        if (entry.Change is not { } change)
        {
            Writes = true;
            _outcomes.Add((entry, new AppendOutcome(_view, 0, 0)));
            return;
        }

        var events = change.Decide(State);
        if (events.Count == 0)
        {
            _outcomes.Add((entry, new AppendOutcome(_view, 0, 0)));
            return;
        }

        var (first, last) = (State.Version + 1, State.Version + events.Count);
        var after = OperationProjection.Fold(State, events);
        var view = after.DocumentVersion == State.DocumentVersion ? _view : OperationView.Of(after);
        var metadata = new ChangeMetadata(
            Guid.NewGuid().ToString(), change.Source,
            ChangeHeaders.WriteUtf8(change.Source, first, last));
        _events.AddRange(events.Select((@event, i) => new NewEvent(first + i, @event, metadata)));
        (State, _view, Writes) = (after, view, true);
        _outcomes.Add((entry, new AppendOutcome(view, first, last)));
    }

    /// <summary>Settles the entry added last, which needs nothing written before or by it.</summary>
    public void SettleLast()
    {
        var (entry, outcome) = _outcomes[^1];
        _outcomes.RemoveAt(_outcomes.Count - 1);
        entry.Settle(outcome);
    }

    public void SettleAll()
    {
        foreach (var (entry, outcome) in _outcomes)
            entry.Settle(outcome);
    }
}

/// <summary>An event to be written.</summary>
internal sealed record NewEvent(long Version, OperationEvent Event, ChangeMetadata Metadata);

/// <summary>What all events of one change share.</summary>
internal sealed record ChangeMetadata(string CausationId, ChangeSource Source, byte[] Headers);
