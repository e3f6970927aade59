using System.Security.Cryptography;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.EventStore;

/// <summary>An operation as GET serves it.</summary>
/// <param name="DocumentVersion">The version of the last event that changed the document.</param>
/// <param name="Document">The document's bytes in the contract's form.</param>
/// <param name="ContentHash">SHA-256 of these bytes, in lower-case hexadecimal.</param>
public sealed record OperationView(long DocumentVersion, ReadOnlyMemory<byte> Document, string ContentHash)
{
    /// <summary>
    /// Characters of the content hash in an ETag: 128 bits tell any two forms of one document version apart, and keep
    /// the header short.
    /// </summary>
    private const int ETagHashLength = 32;

    /// <summary>
    /// The strong ETag, with its quotation marks. It changes when the document does or when a new build writes it
    /// otherwise; a refusal, a repeat or a foreign event leaves it alone.
    /// </summary>
    public string ETag { get; } = $"\"{DocumentVersion}-{ContentHash.AsSpan(0, ETagHashLength)}\"";

    /// <summary>The view of a state; null when it has no document.</summary>
    public static OperationView? Of(OperationState state)
    {
        if (state.Document is null)
            return null;
        var document = OperationJson.Write(state.Document);
        return new OperationView(state.DocumentVersion, document, HashOf(document));
    }

    /// <summary>The content hash of a document's bytes.</summary>
    public static string HashOf(ReadOnlySpan<byte> document) => Convert.ToHexStringLower(SHA256.HashData(document));
}
