namespace OperationTracker.Torture.Workload;

internal enum Outcome
{
    /// <summary>Sent, or about to be; nothing was heard.</summary>
    Unknown,

    /// <summary>200.</summary>
    Ok,

    /// <summary>For certain nothing was changed: 4xx, a 503 that says "rolled back", or it was never sent.</summary>
    Refused,
}

/// <summary>
/// One request, sent once. Its number travels as the user agent and is stored with the events that it brings, so that
/// the log says which attempt made which change, also when a document was sent several times.
/// </summary>
internal sealed record Attempt(long Number, int Client, string OperationId)
{
    public bool IsPut { get; init; }

    /// <summary>Of a PUT: what its document alone carries.</summary>
    public string? Token { get; init; }

    /// <summary>
    /// Of a PUT: the hash of the document in canonical form. Of a GET: that of the document that came.
    /// </summary>
    public string? Document { get; set; }

    /// <summary>Of a PUT with If-Match: the document version that it demands.</summary>
    public long? Expected { get; init; }

    /// <summary>
    /// Whether the client waits for some milliseconds only, and hangs up when no answer has come by then.
    /// </summary>
    public bool MayHangUp { get; set; }

    /// <summary>From one monotonic clock for all clients.</summary>
    public long Invoked { get; set; }

    /// <summary>The same clock; the largest number while nothing was heard.</summary>
    public long Returned { get; set; } = long.MaxValue;

    public Outcome Outcome { get; set; }

    /// <summary>The HTTP status; 0 when none came.</summary>
    public int Status { get; set; }

    /// <summary>The document version of the answer's ETag; 0 for none.</summary>
    public long Version { get; set; }
}
