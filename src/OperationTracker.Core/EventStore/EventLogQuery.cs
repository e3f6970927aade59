using OperationTracker.Core.Operations;

namespace OperationTracker.Core.EventStore;

/// <summary>Which events of the whole log to read. Absent parts do not narrow it; the others must all hold.</summary>
/// <param name="After">The position after which to look, from 0.</param>
/// <param name="Limit">Most events of the answer.</param>
public sealed record EventLogQuery(long After, int Limit)
{
    /// <summary>Events of these kinds; empty for any.</summary>
    public ValueList<string> Kinds { get; init; } = [];

    /// <summary>Events of this stream.</summary>
    public string? StreamId { get; init; }

    /// <summary>Appended at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Appended before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only events that another application appended: those whose headers name no change.</summary>
    public bool ForeignOnly { get; init; }
}

/// <summary>A part of the log.</summary>
/// <param name="Events">
/// The events found, in order. May be fewer than the limit, or none, though more follow: a call looks at a bounded
/// piece of the log, and stops early where events are large.
/// </param>
/// <param name="NextAfter">The position up to which it looked, from which a reader goes on.</param>
/// <param name="AtEnd">Whether that was the log's end.</param>
public sealed record EventLogPage(IReadOnlyList<StoredEvent> Events, long NextAfter, bool AtEnd);
