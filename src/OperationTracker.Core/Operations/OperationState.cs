namespace OperationTracker.Core.Operations;

/// <summary>The fold of a stream: all that deciding about the next PUT needs to know.</summary>
/// <param name="Document">The document that stands; null before the first accepted PUT.</param>
/// <param name="Version">
/// The number of events folded, those of other applications included; the stream's version.
/// </param>
/// <param name="DocumentVersion">The version of the last event that changed the document; 0 when there is none.</param>
/// <param name="Refusals">
/// Fingerprints of the documents refused and recorded since the last accepted change, oldest first, at most
/// <see cref="OperationLimits.RecordedRefusals"/>.
/// </param>
public sealed record OperationState(
    OperationDocument? Document, long Version, long DocumentVersion, ValueList<string> Refusals)
{
    /// <summary>The state of an operation of which nothing is known.</summary>
    public static OperationState Initial { get; } = new(null, 0, 0, []);

    /// <summary>
    /// JSON Pointers at which values were redacted: what a later PUT brings there is redacted before it is decided
    /// about.
    /// </summary>
    public ValueList<string> Redactions { get; init; } = [];
}
