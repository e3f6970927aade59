namespace OperationTracker.Postgres.Projections;

/// <summary>How a stored view is not the fold of its events.</summary>
public enum DifferenceKind
{
    /// <summary>The events fold to a document, and there is no row.</summary>
    Missing,

    /// <summary>There is a row, and the events fold to no document, or there are no events.</summary>
    Extra,

    /// <summary>
    /// The row is that of another version than the stream's, and nothing says that it is about to be written.
    /// </summary>
    Stale,

    /// <summary>The row stands at the stream's version and says something else.</summary>
    Different,

    /// <summary>The stream's own events are not 1 to n: no view can be made right from them.</summary>
    DamagedStream,
}

/// <summary>A stored view that is not the fold of its events.</summary>
/// <param name="OperationId">The operation.</param>
/// <param name="Kind">How it differs.</param>
/// <param name="Columns">The columns that differ, where it is <see cref="DifferenceKind.Different"/>.</param>
/// <param name="Members">The members of the document that differ, as far as they were asked for.</param>
public sealed record ViewDifference(
    string OperationId, DifferenceKind Kind, IReadOnlyList<string> Columns, IReadOnlyList<MemberDifference> Members);

/// <summary>A member of a document that differs.</summary>
/// <param name="Pointer">Where, as a JSON Pointer.</param>
/// <param name="Stored">Its JSON text in the stored view; null when it is not there.</param>
/// <param name="Folded">Its JSON text in the fold; null when it is not there.</param>
public sealed record MemberDifference(string Pointer, string? Stored, string? Folded);
