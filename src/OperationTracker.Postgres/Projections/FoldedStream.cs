namespace OperationTracker.Postgres.Projections;

/// <summary>A stream, folded from its first event to its last.</summary>
/// <param name="StreamId">The stream.</param>
/// <param name="Version">The version of its last event.</param>
/// <param name="Events">How many events it has; fewer than <paramref name="Version"/> where some are missing.</param>
/// <param name="Row">Its row of <c>operations</c>; null when it has no document.</param>
/// <param name="Past">Its rows of <c>past_operations</c>, oldest first.</param>
internal sealed record FoldedStream(
    string StreamId, long Version, long Events, OperationRow? Row, IReadOnlyList<PastOperationRow> Past);
