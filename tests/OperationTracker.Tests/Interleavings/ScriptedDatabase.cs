using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;

namespace OperationTracker.Tests.Interleavings;

/// <summary>
/// What PostgreSQL is to a flight, over the store in memory: one append lock, the versions checked under it, nothing
/// seen before the commit, all of it seen after. The dice lose answers and break connections.
/// </summary>
internal sealed class ScriptedDatabase(Schedule schedule, TimeProvider clock)
{
    private readonly List<Action> _awaitLock = [];
    private bool _locked;

    public MemoryEventStore Tables { get; } = new(clock);

    /// <summary>A planted bug: what moved on meanwhile is written to all the same.</summary>
    public bool ChecksVersions { get; init; } = true;

    public LoadedOperation Load(string streamId)
    {
        var state = OperationState.Initial;
        _ = Tables.AppendAsync(new ProposedChange(OperationId.Parse(streamId), standing =>
        {
            state = standing;
            return [];
        }, new ChangeSource()), default);
        return new LoadedOperation(state, OperationView.Of(state), DateTimeOffset.MinValue);
    }

    /// <summary>The statement of a flight: parks before the lock, after the insert and after the commit.</summary>
    /// <returns>For each unit what became of it; null where it was not appended.</returns>
    /// <exception cref="EventStoreException">The answer did not come, or it said that nothing was taken.</exception>
    public async Task<AppendedUnit?[]> AppendAsync(int actor, FlightPlan plan)
    {
        await LockAsync(actor);
        var told = new AppendedUnit(DateTimeOffset.MinValue, [], await Tables.ReadHeadAsync(default));
        AppendedUnit?[] units = [.. plan.Units.Select(unit =>
            !ChecksVersions || Load(unit.StreamId).State.Version == unit.Before.State.Version ? told : null)];
        await schedule.ParkAsync(actor, "inserted");
        var fate = schedule.Dice.Next(20);
        if (fate > 1)
            foreach (var unit in plan.Units.Where((_, i) => units[i] is not null)) Write(unit);
        Unlock();
        await schedule.ParkAsync(actor, fate > 1 ? "committed" : "rolled back");
        return fate switch
        {
            0 => throw new EventStoreException(StoreFailure.RefusedForNow, "rolled back"),
            1 or 2 or 3 or 4 => throw new EventStoreException(StoreFailure.OutcomeUnknown, "no answer"),
            _ => units,
        };
    }

    private async Task LockAsync(int actor)
    {
        await schedule.ParkAsync(actor, "before the lock");
        while (_locked)
        {
            var waits = new TaskCompletionSource();
            _awaitLock.Add(waits.SetResult);
            await waits.Task;
            await schedule.ParkAsync(actor, "the lock is free");
        }

        _locked = true;
    }

    private void Unlock()
    {
        _locked = false;
        var waiting = _awaitLock.ToArray();
        _awaitLock.Clear();
        foreach (var tell in waiting) tell();
    }

    private void Write(StreamUnit unit)
    {
        foreach (var change in unit.Events.GroupBy(item => item.Metadata))
            _ = Tables.AppendAsync(new ProposedChange(
                OperationId.Parse(unit.StreamId), _ => [.. change.Select(item => item.Event)], change.Key.Source),
                default);
    }
}
