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
        plan.Decide(entries, operations);
        return plan;
    }

    /// <summary>Decides about more entries, of other streams, in order.</summary>
    /// <returns>
    /// Those that are not decided about: upon what was assumed of their streams nothing is to be written, so that no
    /// append would prove it. They are to be decided about again, upon what is loaded.
    /// </returns>
    public IReadOnlyList<PendingAppend> Decide(
        IEnumerable<PendingAppend> entries, IReadOnlyDictionary<string, LoadedOperation> operations)
    {
        var units = operations.ToDictionary(item => item.Key, item => new StreamUnit(item.Key, item.Value));
        foreach (var entry in entries)
        {
            var unit = units[entry.StreamId];
            try
            {
                unit.Add(entry);
            }
            catch (Exception) when (unit.Before.IsAssumed)
            {
                unit.Doubt(entry);
            }
            catch (Exception fault)
            {
                // A decision that throws is a bug; it must not take the flight's other changes with it.
                entry.Fail(fault);
                continue;
            }

            if (!unit.Writes && !unit.Before.IsAssumed)
                unit.SettleLast();
        }

        var unproven = new List<PendingAppend>();
        foreach (var unit in units.Values)
        {
            if (unit.Before.IsAssumed && (unit.IsDoubtful || !unit.Writes))
                unproven.AddRange(unit.Entries);
            else if (unit.Writes)
                _units.Add(unit);
        }

        return unproven;
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

    /// <summary>Whether a decision failed, as it may upon what is assumed wrongly.</summary>
    public bool IsDoubtful { get; private set; }

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

    /// <summary>Takes note of an entry about which no decision came about.</summary>
    public void Doubt(PendingAppend entry)
    {
        IsDoubtful = true;
        _outcomes.Add((entry, new AppendOutcome(null, 0, 0)));
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
