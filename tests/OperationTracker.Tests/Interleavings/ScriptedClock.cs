namespace OperationTracker.Tests.Interleavings;

/// <summary>
/// Time that passes when the schedule says so. A wait is an actor of its own: it ends when the dice pick it, however
/// long it was to be. What is due again and again happens at <see cref="Pass"/>.
/// </summary>
internal sealed class ScriptedClock(Schedule schedule) : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

    private readonly List<Action> _periodic = [];
    private TimeSpan _passed;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => (_passed + TimeSpan.FromMilliseconds(schedule.Now)).Ticks;

    public override DateTimeOffset GetUtcNow() => Start.AddTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (period == Timeout.InfiniteTimeSpan) _ = ElapseAsync(callback, state);
        else _periodic.Add(() => callback(state));
        return new Timer();
    }

    public void Pass(TimeSpan time)
    {
        _passed += time;
        foreach (var action in _periodic) action();
    }

    private async Task ElapseAsync(TimerCallback callback, object? state)
    {
        await schedule.ParkAsync(schedule.NewActor(), "pause ends");
        callback(state);
    }

    private sealed class Timer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
