using OperationTracker.Core;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Tests.Interleavings;

/// <summary>
/// One run: two nodes on one database, two or three writers and a reader with about four requests each, in an order
/// that the seed decides, down to what happens between the steps of a flight.
/// </summary>
internal sealed class Interleaving
{
    private readonly Schedule _schedule;
    private readonly ScriptedClock _clock;
    private readonly ScriptedTracker[] _nodes;
    private readonly InterleavedClient[] _clients;

    private Interleaving(int seed, StoreBug bug)
    {
        _schedule = new Schedule(seed);
        _clock = new ScriptedClock(_schedule);
        Database = new ScriptedDatabase(_schedule, _clock) { ChecksVersions = bug != StoreBug.NoVersionCheck };
        _nodes = [new(_schedule, Database, _clock), new(_schedule, Database, _clock)];
        OperationService[] services = [.. _nodes.Select(node =>
            new OperationService(bug == StoreBug.None ? node : new BuggyStore(node, bug, _schedule)))];
        var writers = _schedule.Dice.Next(2, 4);
        _clients = [.. Enumerable.Range(0, writers + 1).Select(number => new InterleavedClient(
            _schedule, services, writes: number < writers, requests: _schedule.Dice.Next(3, 6)))];
    }

    public ScriptedDatabase Database { get; }

    public IReadOnlyList<Deed> Deeds => [.. _clients.SelectMany(client => client.Deeds)];

    public IReadOnlyList<string> Steps => _schedule.Steps;

    /// <summary>Why it could not be run to its end; null when it was.</summary>
    public string? Fault { get; private set; }

    public static Interleaving Run(int seed, StoreBug bug = StoreBug.None)
    {
        // With a context, what a step sets off would go elsewhere in place of running within it.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        var run = new Interleaving(seed, bug);
        run.Run();
        SynchronizationContext.SetSynchronizationContext(context);
        return run;
    }

    /// <summary>All of it, for a reader.</summary>
    public override string ToString() => string.Join('\n',
        Steps.Select((step, number) => $"{number + 1}: {step}").Concat(
        Deeds.Select(deed => $"{deed}")));

    private void Run()
    {
        Task[] clients = [.. _clients.Select(client => client.RunAsync())];
        _ = LeaveAsync();
        _ = PassTimeAsync();
        try
        {
            _schedule.Run(Awake);
        }
        catch (Exception fault) when (fault is InvalidOperationException or TimeoutException)
        {
            Fault = fault.Message;
        }

        Fault ??= clients.FirstOrDefault(client => client.IsFaulted)?.Exception!.InnerException!.Message
            ?? (_clients.FirstOrDefault(client => !client.IsDone) is { } client
                ? $"client {client.Actor} got no answer" : null)
            ?? _nodes.Select(node => node.Fault).FirstOrDefault(fault => fault is not null)
            ?? (_nodes.All(node => node.DisposeAsync().AsTask().IsCompletedSuccessfully)
                ? null : "a queue is not empty at the end");
    }

    /// <summary>A client whose answer is there and who has not parked.</summary>
    private int? Awake() => _clients.FirstOrDefault(client =>
        !client.IsDone && client.Deeds.Count > 0 && !_schedule.IsParked(client.Actor)
        && _nodes.Any(node => node.HasAnswered(client.Deeds[^1].Number)))?.Actor;

    /// <summary>At some time, one of the clients goes away.</summary>
    private async Task LeaveAsync()
    {
        if (_schedule.Dice.Next(3) > 0) return;
        var client = _clients[_schedule.Dice.Next(_clients.Length)];
        var actor = _schedule.NewActor();
        for (var wait = _schedule.Dice.Next(8); wait >= 0; wait--)
            await _schedule.ParkAsync(actor, $"{client.Actor} may leave");
        if (client.Deeds.Count > 0) Leave(client);
    }

    /// <summary>At once, on this thread: asynchronously, the pool would do it.</summary>
    private void Leave(InterleavedClient client)
    {
        client.Leaves.Cancel();
        foreach (var node in _nodes) node.Withdrawn(client.Deeds[^1].Number);
    }

    /// <summary>At some time, all that waits has waited too long.</summary>
    private async Task PassTimeAsync()
    {
        if (_schedule.Dice.Next(6) > 0) return;
        var actor = _schedule.NewActor();
        for (var wait = _schedule.Dice.Next(12); wait >= 0; wait--) await _schedule.ParkAsync(actor, "time passes");
        _clock.Pass(TimeSpan.FromSeconds(11));
        foreach (var node in _nodes) node.Withdrawn(null);
    }
}
