namespace OperationTracker.Core.History;

/// <summary>
/// A point in time as somebody named it, to a fraction of any length, beside times that the database keeps in
/// microseconds. An event is at or before the instant exactly when its time is at most <see cref="Floor"/>, and at or
/// after it exactly when its time is at least <see cref="Ceiling"/>.
/// </summary>
public readonly record struct Instant
{
    /// <summary>
    /// The instant of a whole number of microseconds, or one that lies within the microsecond after it.
    /// </summary>
    /// <param name="floor">Cut to whole microseconds.</param>
    /// <param name="isWithin">
    /// Whether the instant is later than <paramref name="floor"/>, by less than a microsecond.
    /// </param>
    public Instant(DateTimeOffset floor, bool isWithin = false)
    {
        var utc = floor.ToUniversalTime();
        Floor = utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond));
        IsWithin = isWithin || Floor != utc;
    }

    /// <summary>The last whole microsecond that is not after the instant, in UTC.</summary>
    public DateTimeOffset Floor { get; }

    /// <summary>The first whole microsecond that is not before the instant, in UTC.</summary>
    public DateTimeOffset Ceiling =>
        IsWithin && Floor < DateTimeOffset.MaxValue.AddMicroseconds(-1) ? Floor.AddMicroseconds(1) : Floor;

    private bool IsWithin { get; }
}
