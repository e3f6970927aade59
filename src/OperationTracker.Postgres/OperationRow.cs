using System.Runtime.InteropServices;
using System.Text;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// The row of <c>operations</c> that a stream folds to. The append, the rebuild and the verification all make it here,
/// so that they agree to the last byte.
/// </summary>
internal sealed class OperationRow
{
    /// <summary>
    /// Units of UTF-16 in the indexed copies of texts: as many as our own longest text has (256 characters, of two
    /// units at most). Another application may have registered a document with longer ones, and an index entry over 2.7
    /// kB fails the whole flight; these take 1.6 kB at most.
    /// </summary>
    private const int IndexedTextLength = 2 * OperationLimits.ClusterIdLength;

    private readonly OperationDocument _document;

    private OperationRow(string operationId, OperationState state, OperationView view, DateTimeOffset lastEventAt)
    {
        _document = state.Document!;
        OperationId = operationId;
        StreamVersion = state.Version;
        DocumentVersion = view.DocumentVersion;
        LastEventAt = lastEventAt.UtcDateTime;
        ClusterIds = ClusterIdsOf(_document);
        ContentHash = view.ContentHash;
        Refusals = string.Join(' ', state.Refusals);
        Redactions = Postgres.Redactions.Write(state.Redactions);
        Document = BytesOf(view);
    }

    public string OperationId { get; }

    public long StreamVersion { get; }

    public long DocumentVersion { get; }

    public DateTime LastEventAt { get; }

    public string OccurredTime => Indexed(_document.OccurredTime);

    public string LastUpdateTime => Indexed(_document.LastUpdateTime);

    public string Status => _document.Status.ToText();

    public string RequestMethod => _document.Request.Method.ToText();

    public string RequestUri => _document.Request.Uri;

    public string[] ClusterIds { get; }

    public string ContentHash { get; }

    public string Refusals { get; }

    public string Redactions { get; }

    /// <summary>The document's UTF-8 bytes.</summary>
    public byte[] Document { get; }

    /// <summary>The row of a stream; null when it has no document, and so no row.</summary>
    /// <param name="streamId">The stream.</param>
    /// <param name="state">Its fold.</param>
    /// <param name="view">The view of <paramref name="state"/>.</param>
    /// <param name="lastEventAt">The latest time of its events.</param>
    public static OperationRow? Of(
        string streamId, OperationState state, OperationView? view, DateTimeOffset lastEventAt) =>
        view is null ? null : new OperationRow(streamId, state, view, lastEventAt);

    /// <summary>
    /// The clusters as PostgreSQL writes an array in text, for an array of arrays would have to be rectangular.
    /// </summary>
    public string ClusterIdsLiteral()
    {
        var literal = new StringBuilder("{");
        foreach (var id in ClusterIds)
        {
            if (literal.Length > 1)
                literal.Append(',');
            literal.Append('"').Append(id.Replace("\\", "\\\\").Replace("\"", "\\\"")).Append('"');
        }

        return literal.Append('}').ToString();
    }

    /// <summary>The clusters of a document, as they are indexed.</summary>
    public static string[] ClusterIdsOf(OperationDocument document) =>
        [.. Core.EventStore.ClusterIds.Of(document).Select(Indexed)];

    /// <summary>A text as it is indexed: cut where it is too long.</summary>
    public static string Indexed(string text)
    {
        if (text.Length <= IndexedTextLength)
            return text;
        return text[..(char.IsHighSurrogate(text[IndexedTextLength - 1]) ? IndexedTextLength - 1 : IndexedTextLength)];
    }

    /// <summary>The document's bytes, not copied where they fill their array, as nearly always.</summary>
    private static byte[] BytesOf(OperationView view) =>
        MemoryMarshal.TryGetArray(view.Document, out var segment) && segment.Array!.Length == segment.Count
            ? segment.Array
            : view.Document.ToArray();
}
