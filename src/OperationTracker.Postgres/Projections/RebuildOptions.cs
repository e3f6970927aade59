namespace OperationTracker.Postgres.Projections;

/// <summary>How a rebuild, or another walk over the whole log, is done.</summary>
public sealed record RebuildOptions
{
    /// <summary>
    /// Ranges of streams that are folded at once. Each takes two connections and, for the fold, one processor.
    /// </summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 2, 8);

    /// <summary>Events a second, all workers together; null for as many as go.</summary>
    public double? Pace { get; init; }

    /// <summary>What to do when an event cannot be folded.</summary>
    public OnEventFault OnFault { get; init; }

    /// <summary>Whether to go on with the last rebuild, which did not come to its end.</summary>
    public bool Resume { get; init; }
}
