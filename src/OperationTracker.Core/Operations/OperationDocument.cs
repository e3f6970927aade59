using System.Text.Json.Serialization;

namespace OperationTracker.Core.Operations;

/// <summary>
/// The state of one operation, as a controller reports it and GET returns it. Equality is the contract's: the order of
/// members does not count, everything else does, down to the text of unknown numbers.
/// </summary>
/// <remarks>
/// The attributes give the form inside stored events, which differs from the contract's in one point: members that the
/// contract does not name stand as <c>unknown_members</c>, an array of names and JSON texts.
/// </remarks>
public sealed record OperationDocument : IJsonOnDeserialized
{
    /// <summary>The id; keeps the rule of <see cref="Operations.OperationId"/>.</summary>
    [JsonPropertyName("operation_id")]
    public required string OperationId { get; init; }

    /// <summary>
    /// When the operation was asked for: <c>YYYYMMDD_hhmmss</c> in the controller's zone, which nobody tells.
    /// </summary>
    [JsonPropertyName("occurred_time")]
    public required string OccurredTime { get; init; }

    /// <summary>
    /// When the controller last changed it, same format; in a final state the completion time. Not an order.
    /// </summary>
    [JsonPropertyName("last_update_time")]
    public required string LastUpdateTime { get; init; }

    /// <summary>How far the operation is.</summary>
    [JsonPropertyName("status"), JsonConverter(typeof(OperationStatusConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OperationStatus Status { get; init; }

    /// <summary>Free text, often JSON text; the finer state of <c>executing</c>.</summary>
    [JsonPropertyName("sub_status"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> SubStatus { get; init; }

    /// <summary>The request that started the operation; its body is always there.</summary>
    [JsonPropertyName("request")]
    public required OperationRequest Request { get; init; }

    /// <summary>The final answer. Always a value in <c>completed</c> and <c>failed</c>.</summary>
    [JsonPropertyName("response"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<OperationResponse> Response { get; init; }

    /// <summary>One element for each cluster asked, in the sender's order; a cluster may stand twice.</summary>
    [JsonPropertyName("target_clusters"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<ValueList<TargetCluster>> TargetClusters { get; init; }

    /// <summary>The rollback: one object, in spite of its plural name.</summary>
    [JsonPropertyName("rollbacks"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<OperationRollback> Rollbacks { get; init; }

    /// <summary>Members that the contract does not name.</summary>
    [JsonPropertyName("unknown_members"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public UnknownMembers UnknownMembers { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnknownMembers.MustNotBeAmong(OperationMembers.Document);
}

/// <summary>A request to a controller or a cluster.</summary>
public sealed record OperationRequest : IJsonOnDeserialized
{
    /// <summary>At most <see cref="OperationLimits.UriLength"/> characters.</summary>
    [JsonPropertyName("uri")]
    public required string Uri { get; init; }

    /// <summary>The method.</summary>
    [JsonPropertyName("method"), JsonConverter(typeof(RequestMethodConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required RequestMethod Method { get; init; }

    /// <summary>The body as text, untouched. Absent or null only in the requests of a rollback.</summary>
    [JsonPropertyName("body"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> Body { get; init; }

    /// <inheritdoc cref="OperationDocument.UnknownMembers"/>
    [JsonPropertyName("unknown_members"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public UnknownMembers UnknownMembers { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnknownMembers.MustNotBeAmong(OperationMembers.Request);
}

/// <summary>An answer of a controller or a cluster.</summary>
public sealed record OperationResponse : IJsonOnDeserialized
{
    /// <summary>100 to 599 in the operation's own response, any 32-bit integer in a cluster's.</summary>
    [JsonPropertyName("status_code"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<int> StatusCode { get; init; }

    /// <summary>The body as text, untouched.</summary>
    [JsonPropertyName("body"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<string> Body { get; init; }

    /// <inheritdoc cref="OperationDocument.UnknownMembers"/>
    [JsonPropertyName("unknown_members"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public UnknownMembers UnknownMembers { get; init; }

    /// <summary>
    /// Whether it has no member: <c>{}</c>, by which a sender says that the cluster has not answered.
    /// </summary>
    [JsonIgnore]
    public bool IsEmpty => StatusCode.IsAbsent && Body.IsAbsent && UnknownMembers.IsEmpty;

    void IJsonOnDeserialized.OnDeserialized() => UnknownMembers.MustNotBeAmong(OperationMembers.Response);
}

/// <summary>What one cluster was asked, and answered.</summary>
public sealed record TargetCluster : IJsonOnDeserialized
{
    /// <summary>Any text of 1 to <see cref="OperationLimits.ClusterIdLength"/> characters.</summary>
    [JsonPropertyName("cluster_id")]
    public required string ClusterId { get; init; }

    /// <summary>What it was asked.</summary>
    [JsonPropertyName("request")]
    public required OperationRequest Request { get; init; }

    /// <summary>What it answered; absent, null or <c>{}</c> while it has not.</summary>
    [JsonPropertyName("response"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<OperationResponse> Response { get; init; }

    /// <inheritdoc cref="OperationDocument.UnknownMembers"/>
    [JsonPropertyName("unknown_members"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public UnknownMembers UnknownMembers { get; init; }

    /// <summary>The cluster's answer, or null while it has not answered.</summary>
    [JsonIgnore]
    public OperationResponse? Answer => Response is { HasValue: true, Value.IsEmpty: false } ? Response.Value : null;

    void IJsonOnDeserialized.OnDeserialized() => UnknownMembers.MustNotBeAmong(OperationMembers.Cluster);
}

/// <summary>The rollback of what had succeeded when something else failed.</summary>
public sealed record OperationRollback : IJsonOnDeserialized
{
    /// <summary>How it ended.</summary>
    [JsonPropertyName("result"), JsonConverter(typeof(RollbackResultConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required RollbackResult Result { get; init; }

    /// <summary>When it began: any text that is not empty, for the sheets give no format.</summary>
    [JsonPropertyName("occurred_time")]
    public required string OccurredTime { get; init; }

    /// <summary>The clusters that were asked to roll back.</summary>
    [JsonPropertyName("target_clusters"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Optional<ValueList<TargetCluster>> TargetClusters { get; init; }

    /// <inheritdoc cref="OperationDocument.UnknownMembers"/>
    [JsonPropertyName("unknown_members"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public UnknownMembers UnknownMembers { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnknownMembers.MustNotBeAmong(OperationMembers.Rollback);
}
