namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Spreads work over time, however many share it: whoever has done some waits until the time for it has passed, and
/// does so outside of transactions. What was not used is not saved up. Safe for use by several threads.
/// </summary>
internal sealed class Pace(double? perSecond, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private long _free = clock.GetTimestamp();

    /// <summary>How much a second; null for as much as goes.</summary>
    public double? PerSecond => perSecond;

    public Task WaitAsync(long done, CancellationToken cancel)
    {
        if (perSecond is not { } rate || done == 0)
            return Task.CompletedTask;
        TimeSpan wait;
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            _free = Math.Max(_free, now) + (long)(done / rate * clock.TimestampFrequency);
            wait = clock.GetElapsedTime(now, _free);
        }

        return Task.Delay(wait, clock, cancel);
    }
}
