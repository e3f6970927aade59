namespace OperationTracker.Postgres.Projections;

/// <summary>How far a walk over the log is.</summary>
/// <param name="Phase">
/// What is being done: <c>read</c>, <c>index</c>, <c>catch-up</c>, <c>swap</c> or <c>done</c>.
/// </param>
/// <param name="Streams">Streams done.</param>
/// <param name="StreamsTotal">Streams there were at the beginning.</param>
/// <param name="Events">Events folded.</param>
/// <param name="EventsTotal">Events there were at the beginning.</param>
/// <param name="Rows">Operations made or compared.</param>
/// <param name="Faults">Events that could not be folded.</param>
/// <param name="EventsPerSecond">The rate since the beginning, or since it was resumed.</param>
/// <param name="Remaining">How long it will take at that rate; null while it cannot be told.</param>
/// <param name="Detail">What it catches up with, or waits for, if it does.</param>
public sealed record RebuildProgress(
    string Phase, long Streams, long StreamsTotal, long Events, long EventsTotal, long Rows, long Faults,
    double EventsPerSecond, TimeSpan? Remaining, string? Detail = null);
