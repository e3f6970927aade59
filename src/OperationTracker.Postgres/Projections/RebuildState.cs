namespace OperationTracker.Postgres.Projections;

/// <summary>A rebuild as the database knows it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Fingerprint">Of the fold that makes the tables.</param>
/// <param name="SchemaVersion">The version of the schema that the tables are of.</param>
/// <param name="State">
/// <c>running</c>, <c>done</c>, <c>failed</c>, <c>interrupted</c>, <c>abandoned</c> or <c>crashed</c>.
/// </param>
/// <param name="Progress">How far it is.</param>
/// <param name="Host">The machine that works on it, or did last.</param>
/// <param name="Process">The process there.</param>
/// <param name="StartedAt">When it was begun.</param>
/// <param name="UpdatedAt">Its last sign of life.</param>
/// <param name="FinishedAt">When it ended; null while it has not.</param>
/// <param name="Silence">How long ago its last sign of life was.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="LockMilliseconds">How long its swap held the append lock.</param>
public sealed record RebuildState(
    long Id, string Fingerprint, int SchemaVersion, string State, RebuildProgress Progress, string Host, int Process,
    DateTimeOffset StartedAt, DateTimeOffset UpdatedAt, DateTimeOffset? FinishedAt, TimeSpan Silence, string? Error,
    double? LockMilliseconds)
{
    /// <summary>It is being worked on.</summary>
    public const string Running = "running";

    /// <summary>Whoever worked on it is gone without a word.</summary>
    public const string Crashed = "crashed";

    /// <summary>Signs of life come each second; after this long without one its holder is stopped or cut off.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    /// <summary>Whether its tables are there to go on with.</summary>
    public bool CanBeResumed => State is "failed" or "interrupted" or Crashed;

    /// <summary>Whether it should be running and gives no sign of it.</summary>
    public bool IsSilent => State == Running && Silence > LongestSilence;
}
