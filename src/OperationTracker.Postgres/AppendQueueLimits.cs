namespace OperationTracker.Postgres;

/// <summary>Bounds of the append queue.</summary>
/// <param name="FlightEntries">
/// Changes of one flight. With more the statement's own time begins to show in every caller's wait; with fewer the
/// disk's flush is shared by fewer.
/// </param>
/// <param name="FlightBytes">
/// Bytes of documents of one flight. A flight holds each about ten times over: as sent, as loaded, as events, as view.
/// </param>
/// <param name="Entries">Changes that may wait: a second's work or so; who comes later is better told at once.</param>
/// <param name="Bytes">
/// Bytes of documents that may wait. Each takes about five times as much memory once it is read.
/// </param>
/// <param name="Patience">How long a change may wait before it is withdrawn, unsent.</param>
/// <param name="Conflicts">How often a change may meet other writers before its caller is told to come back.</param>
internal sealed record AppendQueueLimits(
    int FlightEntries = 256,
    long FlightBytes = 1024 * 1024,
    int Entries = 10_000,
    long Bytes = 48 * 1024 * 1024,
    TimeSpan? Patience = null,
    int Conflicts = 12)
{
    public TimeSpan PatienceOrDefault => Patience ?? TimeSpan.FromSeconds(10);
}
