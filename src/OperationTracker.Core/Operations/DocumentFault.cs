namespace OperationTracker.Core.Operations;

/// <summary>
/// The classes of faults in a document, in the order of their weight: where several meet, the answer's code is that of
/// the first (the contract's rule 10).
/// </summary>
public enum FaultKind
{
    /// <summary>Not JSON, a wrong JSON type, a member twice, bad text, nested too deep: 010001.</summary>
    Format,

    /// <summary>A missing or bad value: 010002.</summary>
    Value,

    /// <summary>A number out of range, a text too long: 010003.</summary>
    Range,
}

/// <summary>One thing wrong with a document.</summary>
/// <param name="Kind">Its class.</param>
/// <param name="Path">The place: a JSON Pointer (RFC 6901) into the document.</param>
/// <param name="Reason">What is wrong, in words that never repeat the value: it may be a secret.</param>
public sealed record DocumentFault(FaultKind Kind, string Path, string Reason);

/// <summary>What reading a document gave: the document, or everything that is wrong with it.</summary>
/// <param name="Document">The document; null when there are faults.</param>
/// <param name="Faults">All faults, in the order of the text; empty when there is a document.</param>
public sealed record DocumentReading(OperationDocument? Document, IReadOnlyList<DocumentFault> Faults);
