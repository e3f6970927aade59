using System.Text.Json.Serialization;

namespace OperationTracker.Core.Operations;

/// <summary>
/// What can happen to an operation: the closed set. The stored name of each is Marten's alias of its type name
/// (<see cref="OperationEventTypes"/>) and, like the members' names below, is for ever. Events hold strings, integers
/// of 32 bits, nulls, arrays and objects of our own types only, so that jsonb gives back what it was given.
/// </summary>
/// <remarks>
/// The attributes alone decide the form, so that an application writes the same with whatever options its own
/// serializer has: names, converters and, where a value may be its type's default, that it is written none the less.
/// </remarks>
public abstract record OperationEvent
{
    /// <summary>The <c>last_update_time</c> of the PUT that brought the event.</summary>
    [JsonPropertyName("last_update_time")]
    public required string LastUpdateTime { get; init; }
}

/// <summary>The first accepted PUT of an operation.</summary>
public sealed record OperationRegistered : OperationEvent
{
    /// <summary>The whole document.</summary>
    [JsonPropertyName("document")]
    public required OperationDocument Document { get; init; }
}

/// <summary>The status moved forward.</summary>
public sealed record StatusChanged : OperationEvent
{
    /// <summary>The status before.</summary>
    [JsonPropertyName("from"), JsonConverter(typeof(OperationStatusConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OperationStatus From { get; init; }

    /// <summary>The status now.</summary>
    [JsonPropertyName("to"), JsonConverter(typeof(OperationStatusConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OperationStatus To { get; init; }

    /// <summary>The response that came with it; null when it brought none or left it as it was.</summary>
    [JsonPropertyName("response"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OperationResponse? Response { get; init; }
}

/// <summary>The sub_status was set, changed, nulled, or is gone, whether the status changed or not.</summary>
public sealed record SubStatusChanged : OperationEvent
{
    /// <summary>The sub_status now; absent when it is gone.</summary>
    [JsonPropertyName("sub_status"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> SubStatus { get; init; }
}

/// <summary>An element was added at the end of target_clusters.</summary>
public sealed record ClusterRequested : OperationEvent
{
    /// <summary>The element's place, from 0; the number of elements before it.</summary>
    [JsonPropertyName("index"), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required int Index { get; init; }

    /// <summary>The cluster.</summary>
    [JsonPropertyName("cluster_id")]
    public required string ClusterId { get; init; }

    /// <summary>What it is asked.</summary>
    [JsonPropertyName("request")]
    public required OperationRequest Request { get; init; }
}

/// <summary>The response of one element of target_clusters came or changed.</summary>
public sealed record ClusterResponded : OperationEvent
{
    /// <summary>The element's place, from 0.</summary>
    [JsonPropertyName("index"), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required int Index { get; init; }

    /// <summary>The cluster.</summary>
    [JsonPropertyName("cluster_id")]
    public required string ClusterId { get; init; }

    /// <summary>What it answered; never empty, for <c>{}</c> says that there is no answer.</summary>
    [JsonPropertyName("response")]
    public required OperationResponse Response { get; init; }
}

/// <summary>A rollback came, or its result or time changed.</summary>
public sealed record RollbackRecorded : OperationEvent
{
    /// <summary>How it ended.</summary>
    [JsonPropertyName("result"), JsonConverter(typeof(RollbackResultConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required RollbackResult Result { get; init; }

    /// <summary>When it began, in the sender's words.</summary>
    [JsonPropertyName("occurred_time")]
    public required string OccurredTime { get; init; }
}

/// <summary>An element was added at the end of rollbacks.target_clusters.</summary>
public sealed record RollbackClusterRequested : OperationEvent
{
    /// <inheritdoc cref="ClusterRequested.Index"/>
    [JsonPropertyName("index"), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required int Index { get; init; }

    /// <summary>The cluster.</summary>
    [JsonPropertyName("cluster_id")]
    public required string ClusterId { get; init; }

    /// <summary>What it is asked to undo.</summary>
    [JsonPropertyName("request")]
    public required OperationRequest Request { get; init; }
}

/// <summary>The response of one element of rollbacks.target_clusters came or changed.</summary>
public sealed record RollbackClusterResponded : OperationEvent
{
    /// <inheritdoc cref="ClusterResponded.Index"/>
    [JsonPropertyName("index"), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required int Index { get; init; }

    /// <summary>The cluster.</summary>
    [JsonPropertyName("cluster_id")]
    public required string ClusterId { get; init; }

    /// <inheritdoc cref="ClusterResponded.Response"/>
    [JsonPropertyName("response")]
    public required OperationResponse Response { get; init; }
}

/// <summary>
/// In a final state, the status or the response changed: controllers give up on a cluster after a minute, report
/// <c>failed</c>, and then hear the true answer.
/// </summary>
public sealed record ResultCorrected : OperationEvent
{
    /// <summary>The status told before.</summary>
    [JsonPropertyName("from"), JsonConverter(typeof(OperationStatusConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OperationStatus From { get; init; }

    /// <summary>The status told now; may be the same.</summary>
    [JsonPropertyName("to"), JsonConverter(typeof(OperationStatusConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OperationStatus To { get; init; }

    /// <summary>The response told now; null when it did not change, or is no longer an object.</summary>
    [JsonPropertyName("response"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OperationResponse? Response { get; init; }
}

/// <summary>Nothing but last_update_time changed.</summary>
public sealed record UpdateTimeChanged : OperationEvent;

/// <summary>What no other event can say: a JSON Patch (RFC 6902) of the document in the contract's form.</summary>
public sealed record DocumentAmended : OperationEvent
{
    /// <summary>The operations, applied one upon another; never empty.</summary>
    [JsonPropertyName("patch")]
    public required ValueList<PatchOperation> Patch { get; init; }
}

/// <summary>A PUT was refused because the status would have gone back. The document stays as it was.</summary>
public sealed record UpdateRefused : OperationEvent
{
    /// <summary>Why; today always <see cref="StatusGoingBack"/>.</summary>
    [JsonPropertyName("reason")]
    public required string Reason { get; init; }

    /// <summary>The status that stands.</summary>
    [JsonPropertyName("from"), JsonConverter(typeof(OperationStatusConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OperationStatus From { get; init; }

    /// <summary>The status that was refused.</summary>
    [JsonPropertyName("to"), JsonConverter(typeof(OperationStatusConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OperationStatus To { get; init; }

    /// <summary>The document that was refused.</summary>
    [JsonPropertyName("document")]
    public required OperationDocument Document { get; init; }

    /// <summary>The reason of rule 4 of the contract.</summary>
    public const string StatusGoingBack = "status_going_back";
}

/// <summary>
/// Values were erased, in the events before this one and wherever else they stood. What later PUTs bring at these
/// places is erased before it is decided about.
/// </summary>
public sealed record ValuesRedacted : OperationEvent
{
    /// <summary>JSON Pointers into the document in the contract's form.</summary>
    [JsonPropertyName("pointers")]
    public required ValueList<string> Pointers { get; init; }

    /// <summary>Why.</summary>
    [JsonPropertyName("reason")]
    public required string Reason { get; init; }

    /// <summary>Who asked for it, in their own words; null when they did not say.</summary>
    [JsonPropertyName("by"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? By { get; init; }

    /// <summary>Every value that was replaced, with the hash of what stands there now.</summary>
    [JsonPropertyName("places")]
    public required ValueList<RedactedPlace> Places { get; init; }
}

/// <summary>A value of an event that was replaced in a redaction.</summary>
public sealed record RedactedPlace
{
    /// <summary>The event's version.</summary>
    [JsonPropertyName("version")]
    public required int Version { get; init; }

    /// <summary>
    /// The number of the value among those of the event that may be redacted; -1 for its data as a whole.
    /// </summary>
    [JsonPropertyName("value"), JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required int Value { get; init; }

    /// <summary>SHA-256, in lower-case hexadecimal, of the UTF-8 that stands there now.</summary>
    [JsonPropertyName("sha256")]
    public required string Sha256 { get; init; }
}

/// <summary>One operation of a JSON Patch.</summary>
public sealed record PatchOperation
{
    /// <summary><c>add</c>, <c>remove</c> or <c>replace</c>.</summary>
    [JsonPropertyName("op")]
    public required string Op { get; init; }

    /// <summary>A JSON Pointer into the document in the contract's form.</summary>
    [JsonPropertyName("path")]
    public required string Path { get; init; }

    /// <summary>The value as JSON text, for jsonb would rewrite it; null with <c>remove</c>.</summary>
    [JsonPropertyName("json"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Json { get; init; }
}
