namespace OperationTracker.Postgres.Projections;

/// <summary>The figures of a walk over the log as it goes. Safe for use by several threads.</summary>
internal sealed class RebuildCounters(long streamsTotal, long eventsTotal, TimeProvider clock)
{
    /// <summary>A rate over less than this says nothing about the rest.</summary>
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(1);

    private readonly long _since = clock.GetTimestamp();
    private long _streams;
    private long _events;
    private long _rows;
    private long _eventsBefore;

    public string Phase { get; set; } = "read";

    public string? Detail { get; set; }

    public long Rows => Interlocked.Read(ref _rows);

    public void Add(long streams, long events, long rows)
    {
        Interlocked.Add(ref _streams, streams);
        Interlocked.Add(ref _events, events);
        Interlocked.Add(ref _rows, rows);
    }

    /// <summary>Adds what was done before it was resumed: it counts, but not for the rate.</summary>
    public void AddBefore(long streams, long events, long rows)
    {
        Add(streams, events, rows);
        _eventsBefore = events;
    }

    public RebuildProgress Now(long faults)
    {
        var (events, elapsed) = (Interlocked.Read(ref _events), clock.GetElapsedTime(_since));
        var rate = (events - _eventsBefore) / Math.Max(elapsed.TotalSeconds, 0.001);
        TimeSpan? remaining = Phase == "read" && elapsed > LeastTime && rate > 0
            ? TimeSpan.FromSeconds(Math.Max(eventsTotal - events, 0) / rate)
            : null;
        return new RebuildProgress(
            Phase, Interlocked.Read(ref _streams), streamsTotal, events, eventsTotal, Rows, faults, rate, remaining,
            Detail);
    }
}
