namespace OperationTracker.Postgres;

/// <summary>
/// What a node knows of others that append to the same log: each of its flights is told where the log ended before it,
/// which is where its flight before left it if nobody else has appended. For one thread at a time.
/// </summary>
internal sealed class OtherAppenders(TimeProvider clock)
{
    /// <summary>Of how many flights the share is an average, about.</summary>
    private const double Lately = 16;

    /// <summary>How long others are taken to be there since they have appended.</summary>
    private static readonly TimeSpan Caution = TimeSpan.FromSeconds(1);

    private long? _logEnd;

    // What lies before that end and after a flight of this node's, and no flight was noted for yet.
    private (long From, long To)? _gap;
    private long? _seenAt;
    private double _share;

    /// <summary>Whether they have appended within the last second.</summary>
    public bool AreThere => _seenAt is { } seen && clock.GetElapsedTime(seen) < Caution;

    /// <summary>Whether they append between most flights of this node.</summary>
    public bool AreBusy => _share > 0.5;

    /// <summary>
    /// Notes where a flight of this node's stands in the log. If it does not follow the one before, others append too,
    /// unless what is between is a flight that is noted later than it was appended: so one gap is let pass, and filled
    /// or followed by another.
    /// </summary>
    /// <returns>Whether others have appended.</returns>
    public bool Note(long logBefore, int events)
    {
        var (end, logAfter) = (_logEnd ?? logBefore, logBefore + events);
        if (_gap == (logBefore, logAfter))
        {
            _gap = null;
            Count(others: false);
            return false;
        }

        _logEnd = Math.Max(end, logAfter);
        if (end < logBefore && _gap is null)
        {
            _gap = (end, logBefore);
            return false;
        }

        var others = end != logBefore;
        if (others)
            (_seenAt, _gap) = (clock.GetTimestamp(), null);
        Count(others);
        return others;
    }

    /// <summary>Starts anew with the next flight: the log may be another, or have lost its end.</summary>
    public void ForgetLog() => (_logEnd, _gap) = (null, null);

    private void Count(bool others) => _share += ((others ? 1 : 0) - _share) / Lately;
}
