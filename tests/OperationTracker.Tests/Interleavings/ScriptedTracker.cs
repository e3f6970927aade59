using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;

namespace OperationTracker.Tests.Interleavings;

/// <summary>
/// A node's store: the product's queue and the product's planner of flights, over the scripted database. What a flight
/// does with the database's word is said again here, for <see cref="AppendFlight"/> speaks to Npgsql.
/// </summary>
internal sealed class ScriptedTracker : PartialStore, IAsyncDisposable
{
    private readonly Schedule _schedule;
    private readonly ScriptedDatabase _database;
    private readonly AppendQueue _queue;
    private readonly FlightPlanner _planner;
    private readonly List<IReadOnlyList<PendingAppend>> _flights = [];
    private readonly Dictionary<string, Request> _asked = [];

    public ScriptedTracker(Schedule schedule, ScriptedDatabase database, TimeProvider clock)
    {
        (_schedule, _database) = (schedule, database);
        _planner = new FlightPlanner(new RememberedStates(clock) { NewShare = 1 });
        _queue = new AppendQueue(
            FlyAsync, new AppendQueueLimits(FlightEntries: 3, Conflicts: 4), clock, () => _planner.SharesLog,
            flight => flight());
    }

    /// <summary>What the queue has broken of its promises.</summary>
    public string? Fault { get; private set; }

    /// <summary>
    /// Whether everything that a request has asked for is answered, by a flight or by a withdrawal. Then its client
    /// is on the way, on a thread of the pool.
    /// </summary>
    public bool HasAnswered(string request) => _asked.TryGetValue(request, out var asked) && asked.IsAnswered;

    /// <summary>To be told when what waits is withdrawn: what no flight ever took is answered then.</summary>
    /// <param name="request">Of which request; null: of all.</param>
    public void Withdrawn(string? request)
    {
        foreach (var asked in _asked.Where(asked => request is null || asked.Key == request)) asked.Value.Withdraw();
    }

    public override Task<AppendOutcome> AppendAsync(ProposedChange change, CancellationToken cancel)
    {
        if (!cancel.IsCancellationRequested) Asked(change.Source).Times++;
        return _queue.AppendAsync(change.Id.Value, change, cancel);
    }

    /// <summary>A query that goes out, sees what is committed when it arrives, and comes back.</summary>
    public override async Task<OperationView?> FindAsync(OperationId id, string? knownETag, CancellationToken cancel)
    {
        var actor = _schedule.NewActor();
        await _schedule.ParkAsync(actor, "query");
        var view = await _database.Tables.FindAsync(id, knownETag, cancel);
        await _schedule.ParkAsync(actor, "view");
        return view;
    }

    public ValueTask DisposeAsync() => _queue.DisposeAsync();

    private async Task FlyAsync(IReadOnlyList<PendingAppend> entries, Action prepared)
    {
        var actor = _schedule.NewActor();
        Judge(entries);
        _flights.Add(entries);
        foreach (var entry in entries) Asked(entry.Change!.Source).Taken.Add(entry);
        await _schedule.ParkAsync(actor, "plan");
        var plan = await _planner.PlanAsync(entries, mayAssume: _schedule.Dice.Next(4) > 0, async ids =>
        {
            await _schedule.ParkAsync(actor, "load");
            return Array.ConvertAll(ids, _database.Load);
        });
        if (plan.Units.Count > 0) await SendAsync(actor, plan, prepared);
        _flights.Remove(entries);
    }

    private async Task SendAsync(int actor, FlightPlan plan, Action prepared)
    {
        PendingAppend[] entries = [.. plan.Units.SelectMany(unit => unit.Entries)];
        try
        {
            await _schedule.ParkAsync(actor, "send");
            var sent = _database.AppendAsync(actor, plan);
            prepared();
            var appended = await sent;
            _planner.Learn(plan, appended);
            foreach (var (unit, told) in plan.Units.Zip(appended))
            {
                if (told is not null) unit.SettleAll();
                else foreach (var entry in unit.Entries) _queue.PutBack(entry);
            }
        }
        catch (EventStoreException fault)
        {
            if (fault.Failure == StoreFailure.OutcomeUnknown) _planner.ForgetAll();
            foreach (var entry in entries) entry.Fail(fault);
        }
    }

    private void Judge(IReadOnlyList<PendingAppend> entries)
    {
        if (_flights.Count > 1) Fault = "three flights are under way";
        if (_flights.Any(flight => flight.Any(flying => entries.Any(entry => entry.StreamId == flying.StreamId))))
            Fault = "an operation is in two flights";
        if (entries.Count > 3) Fault = "a flight is larger than its bound";
    }

    private Request Asked(ChangeSource source)
    {
        if (!_asked.TryGetValue(source.CorrelationId!, out var asked))
            _asked.Add(source.CorrelationId!, asked = new Request());
        return asked;
    }

    private sealed class Request
    {
        private int _withdrawn;

        public int Times { get; set; }

        public HashSet<PendingAppend> Taken { get; } = [];

        public bool IsAnswered => Times == _withdrawn + Taken.Count(entry => entry.Outcome.IsCompleted);

        public void Withdraw() => _withdrawn = Times - Taken.Count;
    }
}
