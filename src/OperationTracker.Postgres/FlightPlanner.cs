namespace OperationTracker.Postgres;

/// <summary>
/// Plans flights: upon what may be assumed of their streams, and upon what is loaded where nothing may be, or where
/// what is assumed would be told without an append that proves it. Learns from what flights come to. Safe for several
/// flights at once, as long as no stream is in two of them.
/// </summary>
internal sealed class FlightPlanner(RememberedStates states)
{
    /// <summary>Whether others append between most flights of this node.</summary>
    public bool SharesLog => states.SharesLog;

    /// <summary>Decides about all entries; no caller has heard of anything that is only assumed.</summary>
    /// <param name="entries">The changes, in order.</param>
    /// <param name="mayAssume">Whether anything may be assumed at all.</param>
    /// <param name="load">Loads the operations of these streams, in their order.</param>
    public async Task<FlightPlan> PlanAsync(
        IReadOnlyList<PendingAppend> entries, bool mayAssume, Func<string[], Task<LoadedOperation[]>> load)
    {
        var plan = new FlightPlan();
        var assumed = mayAssume ? Assume(entries) : [];
        var toLoad = entries;
        if (assumed.Count > 0)
        {
            var unproven = plan.Decide(entries.Where(entry => assumed.ContainsKey(entry.StreamId)), assumed);
            toLoad = [.. unproven, .. entries.Where(entry => !assumed.ContainsKey(entry.StreamId))];
        }

        if (toLoad.Count == 0)
            return plan;
        string[] ids = [.. toLoad.Select(entry => entry.StreamId).Distinct(StringComparer.Ordinal)];
        var loaded = ids.Zip(await load(ids).ConfigureAwait(false)).ToDictionary(StringComparer.Ordinal);
        foreach (var (id, operation) in loaded)
            states.NoteLoaded(id, operation);
        plan.Decide(toLoad, loaded);
        return plan;
    }

    /// <summary>
    /// Learns what became of a flight's units, null for those that were not appended; before any caller hears of it,
    /// and so before the next change of one of the streams comes.
    /// </summary>
    public void Learn(FlightPlan plan, IReadOnlyList<AppendedUnit?> appended)
    {
        if (appended.FirstOrDefault(unit => unit is not null) is { } any)
        {
            states.NoteFlight(
                any.LogBefore, plan.Units.Where((_, i) => appended[i] is not null).Sum(unit => unit.Events.Count));
        }

        for (var i = 0; i < appended.Count; i++)
        {
            var unit = plan.Units[i];
            if (ReferenceEquals(unit.Before, LoadedOperation.AssumedNew))
                states.NoteAssumedNew(wasNew: appended[i] is not null);
            if (appended[i] is { Link: { } link, At: var at })
                states.Keep(unit.StreamId, new LoadedOperation(unit.State, unit.View, at) { LastLink = link });
            else
                states.Forget(unit.StreamId);
        }
    }

    /// <summary>
    /// Assumes nothing of what was known before: the server may be another, or have lost what it need not keep.
    /// </summary>
    public void ForgetAll() => states.ForgetAll();

    /// <summary>What is assumed of the entries' streams, of those for which that may do.</summary>
    private Dictionary<string, LoadedOperation> Assume(IReadOnlyList<PendingAppend> entries)
    {
        var assumed = new Dictionary<string, LoadedOperation>(entries.Count, StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (states.Assume(entry.StreamId) is { } operation)
                assumed.TryAdd(entry.StreamId, operation);
        }

        // What met another writer, and a view that is to be caught up, need what stands indeed.
        foreach (var entry in entries)
        {
            if (entry.Conflicts > 0 || entry.Change is null)
                assumed.Remove(entry.StreamId);
        }

        return assumed;
    }
}

/// <summary>What the database says of a unit that it has appended.</summary>
/// <param name="At">The time of its events.</param>
/// <param name="Link">The link of the last; null where it was not told.</param>
/// <param name="LogBefore">Where the log ended before the flight.</param>
internal sealed record AppendedUnit(DateTimeOffset At, byte[]? Link, long LogBefore);
