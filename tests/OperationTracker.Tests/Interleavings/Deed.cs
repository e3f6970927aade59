using OperationTracker.Core;

namespace OperationTracker.Tests.Interleavings;

internal enum Came
{
    /// <summary>The client still waits.</summary>
    Nothing,
    Changed,
    Unchanged,
    Refused,
    ConditionFailed,

    /// <summary>Told for certain that nothing was stored: rolled back, overloaded, withdrawn.</summary>
    NotStored,
    Unknown,
    Read,
}

/// <summary>One request of a client, and what came of it.</summary>
/// <param name="Client">The actor that made it.</param>
/// <param name="Id">The operation.</param>
/// <param name="Body">The document wished for; null for a GET.</param>
/// <param name="Condition">What was demanded.</param>
/// <param name="Invoked">At which step it went out.</param>
internal sealed record Deed(int Client, string Id, byte[]? Body, PutCondition Condition, int Invoked)
{
    /// <summary>Stands in the events that it brings.</summary>
    public required string Number { get; init; }

    public Came Came { get; set; }

    /// <summary>At which step the answer came.</summary>
    public int Returned { get; set; } = int.MaxValue;

    /// <summary>The document version that was told; 0 when there is no document.</summary>
    public long Version { get; set; }

    public string? ETag { get; set; }

    public byte[]? Seen { get; set; }

    public override string ToString() =>
        $"{Number} of {Client}: {(Body is null ? "GET" : "PUT")} {Id} at {Invoked}, {Came} {ETag} at {Returned}";
}
