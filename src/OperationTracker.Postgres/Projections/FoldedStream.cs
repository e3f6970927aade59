namespace OperationTracker.Postgres.Projections;

/// <summary>A stream, folded from its first event to its last.</summary>
/// <param name="Fold">The fold, to go on with when more events have come.</param>
/// <param name="Row">Its row of <c>operations</c>; null when it has no document.</param>
/// <param name="Past">
/// Its rows of <c>past_operations</c>, oldest first; of a fold that was gone on with, the new ones.
/// </param>
internal sealed record FoldedStream(StreamFold Fold, OperationRow? Row, IReadOnlyList<PastOperationRow> Past)
{
    public string StreamId => Fold.StreamId;

    /// <summary>The version of its last event.</summary>
    public long Version => Fold.Version;

    /// <summary>How many events it has; fewer than <see cref="Version"/> where some are missing.</summary>
    public long Events => Fold.Events;
}
