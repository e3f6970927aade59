namespace OperationTracker.Core.Audit;

/// <summary>What was done to the record.</summary>
public enum AuditFindingKind
{
    /// <summary>Something stands there that was not appended so.</summary>
    Changed,

    /// <summary>Something that was appended is gone.</summary>
    Removed,

    /// <summary>Something stands there that was not appended by anybody.</summary>
    Inserted,

    /// <summary>Events stand in another order.</summary>
    Reordered,

    /// <summary>The end is gone.</summary>
    Cut,
}

/// <summary>A place where the record is not as it was appended.</summary>
/// <param name="Kind">What was done.</param>
/// <param name="StreamId">The operation; null when it is not known, or when the place is a range of the log.</param>
/// <param name="Version">The event's version in it.</param>
/// <param name="Position">The event's position, or the first of a range.</param>
/// <param name="Detail">A sentence without any value of a document.</param>
public sealed record AuditFinding(
    AuditFindingKind Kind, string? StreamId, long? Version, long? Position, string Detail);
