using System.Collections.Concurrent;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Interleavings;

/// <summary>Bugs that are planted from outside, to see that the checks find them.</summary>
internal enum StoreBug
{
    None,

    /// <summary>The database writes to a stream that has moved on since it was loaded.</summary>
    NoVersionCheck,

    /// <summary>A change is decided upon what stood when the node last decided.</summary>
    DecidesUponOldState,

    /// <summary>A change whose outcome is unknown is sent again.</summary>
    SendsAgain,

    /// <summary>An append that the database rolled back, or did not answer, is told as done.</summary>
    AcknowledgesFailure,

    /// <summary>A read is answered with what an earlier one saw.</summary>
    StaleRead,

    /// <summary>A read that a node answers sees what is about to be appended there.</summary>
    DirtyRead,
}

/// <summary>A store with a bug around a sound one.</summary>
internal sealed class BuggyStore(IEventStore store, StoreBug bug, Schedule schedule) : PartialStore
{
    private readonly ConcurrentDictionary<OperationId, OperationState> _states = new();
    private readonly ConcurrentDictionary<OperationId, OperationView> _views = new();

    public override async Task<AppendOutcome> AppendAsync(ProposedChange change, CancellationToken cancel)
    {
        OperationState after = OperationState.Initial;
        var proposed = change with { Decide = Decide };
        try
        {
            return await store.AppendAsync(proposed, cancel);
        }
        catch (EventStoreException fault) when (
            bug == StoreBug.SendsAgain && fault.Failure == StoreFailure.OutcomeUnknown)
        {
            await schedule.ParkAsync(int.Parse(change.Source.CorrelationId!.Split('.')[0], null), "sends again");
            return await store.AppendAsync(proposed, cancel);
        }
        catch (EventStoreException) when (bug == StoreBug.AcknowledgesFailure && after.Document is not null)
        {
            return new AppendOutcome(OperationView.Of(after), after.Version, after.Version);
        }

        IReadOnlyList<OperationEvent> Decide(OperationState state)
        {
            var upon = bug == StoreBug.DecidesUponOldState ? _states.GetValueOrDefault(change.Id, state) : state;
            _states[change.Id] = state;
            var events = change.Decide(upon);
            after = OperationProjection.Fold(state, events);
            if (bug == StoreBug.DirtyRead && OperationView.Of(after) is { } view) _views[change.Id] = view;
            return events;
        }
    }

    public override async Task<OperationView?> FindAsync(OperationId id, string? knownETag, CancellationToken cancel)
    {
        var view = await store.FindAsync(id, knownETag, cancel);
        if (bug is not (StoreBug.StaleRead or StoreBug.DirtyRead)) return view;
        if (bug == StoreBug.StaleRead && view is not null) view = _views.GetOrAdd(id, view);
        return bug == StoreBug.DirtyRead ? _views.GetValueOrDefault(id, view!) : view;
    }
}
