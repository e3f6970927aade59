namespace OperationTracker.Core.Operations;

/// <summary>
/// Every bound on what a sender may send, with its reason. The contract states them; this file is where they live.
/// </summary>
public static class OperationLimits
{
    /// <summary>
    /// Bytes of a document as sent. The largest real documents (200 clusters, each with its request body) stay under
    /// 2 MiB; four times that leaves room and keeps a full append queue within the memory of a small machine.
    /// </summary>
    public const int BodyBytes = 8 * 1024 * 1024;

    /// <summary>
    /// Levels of objects and arrays, the document itself being the first. Real documents use five; the bound keeps
    /// every recursive walk (ours, a client's, PostgreSQL's jsonb parser) far from its stack's end.
    /// </summary>
    public const int Depth = 32;

    /// <summary>
    /// Values of every kind in one document. A cluster costs nine, so this is about a thousand clusters. It bounds what
    /// a small body of empty arrays can make the tracker allocate.
    /// </summary>
    public const int Nodes = 10_000;

    /// <summary>
    /// Characters of an operation id: it is a key in every table, a path segment, and appears in logs.
    /// </summary>
    public const int OperationIdLength = 128;

    /// <summary>
    /// Characters of a cluster id: it is indexed, and a B-tree entry of more than 2.7 kB fails the whole flight.
    /// </summary>
    public const int ClusterIdLength = 256;

    /// <summary>
    /// Characters of a request's uri: what the web servers in front of the controllers accept as a request line.
    /// </summary>
    public const int UriLength = 8_192;

    /// <summary>
    /// Characters of a number in a member that the contract does not name: a 64-character integer is kept whole.
    /// </summary>
    public const int UnknownNumberLength = 64;

    /// <summary>
    /// Magnitude of a decimal exponent in a number that the contract does not name. Eight bytes (<c>1e131071</c>) would
    /// otherwise make readers that expand numbers, PostgreSQL's jsonb among them, print 131,072 digits.
    /// </summary>
    public const int UnknownNumberExponent = 308;

    /// <summary>
    /// Updates refused and recorded between two accepted changes. A sender that repeats a late document for ever, each
    /// time with another time stamp, must not grow the history without end; refusals beyond this are counted only.
    /// </summary>
    public const int RecordedRefusals = 100;

    /// <summary>
    /// Characters of JSON Pointers and reasons that one answer lists. Long member names with many faults below them
    /// would otherwise make an answer thousands of times the size of its request.
    /// </summary>
    public const int FaultCharacters = 1024 * 1024;

    /// <summary>
    /// Characters of one segment of a fault's JSON Pointer; a longer member name is cut in the answer.
    /// </summary>
    public const int FaultSegmentLength = 256;

    /// <summary>
    /// The characters of a text as JSON Schema counts them: code points, of which some take two units of a .NET string.
    /// </summary>
    internal static int CharactersOf(string text) => text.Length - text.Count(char.IsLowSurrogate);
}
