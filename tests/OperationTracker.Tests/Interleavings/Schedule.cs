using System.Runtime.CompilerServices;

namespace OperationTracker.Tests.Interleavings;

/// <summary>
/// Decides who goes on: everything that happens is a step of an actor that has parked, and the dice pick the actor.
/// All of it happens on the thread that runs the schedule, but for what a client does between an answer and its next
/// park; the schedule waits for that. So a seed repeats a run step by step.
/// </summary>
internal sealed class Schedule(int seed)
{
    /// <summary>No run of a dozen operations takes as many; one that does goes round in circles.</summary>
    private const int Longest = 5_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, (string Place, Action GoOn)> _parked = [];
    private readonly List<string> _steps = [];
    private int _actors;

    public Random Dice { get; } = new(seed);

    /// <summary>How many steps were taken; the clock of the run.</summary>
    public int Now => _steps.Count;

    /// <summary>What happened, in order.</summary>
    public IReadOnlyList<string> Steps => _steps;

    public int NewActor() => ++_actors;

    /// <summary>
    /// Waits until the dice pick this actor. What follows runs on the schedule's thread, within the step.
    /// </summary>
    public Park ParkAsync(int actor, string place) => new(this, actor, place);

    /// <summary>Takes steps until nobody is parked.</summary>
    /// <param name="awake">Who has got an answer and is on the way to its next park, as known after a step.</param>
    public void Run(Func<int?> awake)
    {
        while (TakeStep())
        {
            while (awake() is { } actor) AwaitParked(actor);
        }
    }

    public bool IsParked(int actor)
    {
        lock (_lock) return _parked.ContainsKey(actor);
    }

    private bool TakeStep()
    {
        Action goOn;
        lock (_lock)
        {
            if (_parked.Count == 0) return false;
            if (_steps.Count == Longest) throw new InvalidOperationException($"no end after {Longest} steps");
            var (actor, parked) = _parked.ElementAt(Dice.Next(_parked.Count));
            _parked.Remove(actor);
            _steps.Add($"{actor} {parked.Place}");
            goOn = parked.GoOn;
        }

        goOn();
        return true;
    }

    private void AwaitParked(int actor)
    {
        var since = Environment.TickCount64;
        for (var spin = new SpinWait(); !IsParked(actor); spin.SpinOnce(sleep1Threshold: -1))
            if (Environment.TickCount64 - since > Patience.TotalMilliseconds)
                throw new TimeoutException($"client {actor} has an answer and does not go on");
    }

    /// <summary>
    /// To be awaited. Who parks is known to the schedule only when nothing of his is left to run: with a task he could
    /// be picked between asking for it and waiting for it, and would go on beside the schedule's thread.
    /// </summary>
    internal readonly struct Park(Schedule schedule, int actor, string place) : ICriticalNotifyCompletion
    {
        public bool IsCompleted => false;

        public Park GetAwaiter() => this;

        public void OnCompleted(Action continuation)
        {
            lock (schedule._lock) schedule._parked.Add(actor, (place, continuation));
        }

        public void UnsafeOnCompleted(Action continuation) => OnCompleted(continuation);

        public void GetResult()
        {
        }
    }
}
