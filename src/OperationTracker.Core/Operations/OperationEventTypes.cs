using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// The names under which events are stored, and their JSON. The alias is Marten's <c>ClassicTypeName</c> of the type
/// and the .NET name what Marten writes beside it; both are pinned by a test, for they are for ever.
/// </summary>
public static class OperationEventTypes
{
    /// <summary>
    /// The version of the events' form, written into each change's headers. Raised when a form changes.
    /// </summary>
    public const int SchemaVersion = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        TypeInfoResolver = OperationEventJsonContext.Default.WithAddedModifier(SortMembers),
        Encoder = CanonicalJsonEncoder.Instance,
        RespectNullableAnnotations = true,
        MaxDepth = 1000,
    };

    private static readonly EventType[] All =
    [
        EventType.Of<OperationRegistered>("operation_registered"),
        EventType.Of<StatusChanged>("status_changed"),
        EventType.Of<SubStatusChanged>("sub_status_changed"),
        EventType.Of<ClusterRequested>("cluster_requested"),
        EventType.Of<ClusterResponded>("cluster_responded"),
        EventType.Of<RollbackRecorded>("rollback_recorded"),
        EventType.Of<RollbackClusterRequested>("rollback_cluster_requested"),
        EventType.Of<RollbackClusterResponded>("rollback_cluster_responded"),
        EventType.Of<ResultCorrected>("result_corrected"),
        EventType.Of<UpdateTimeChanged>("update_time_changed"),
        EventType.Of<DocumentAmended>("document_amended"),
        EventType.Of<UpdateRefused>("update_refused"),
        EventType.Of<ValuesRedacted>("values_redacted"),
    ];

    private static readonly FrozenDictionary<Type, EventType> ByClrType = All.ToFrozenDictionary(type => type.ClrType);

    private static readonly FrozenDictionary<string, EventType> ByAlias = All.ToFrozenDictionary(type => type.Alias);

    /// <summary>The types of all events, for an application that registers them with Marten.</summary>
    public static IEnumerable<Type> ClrTypes => All.Select(type => type.ClrType);

    /// <summary>Whether an alias is one of ours.</summary>
    public static bool IsKnown(string alias) => ByAlias.ContainsKey(alias);

    /// <summary>The alias of an event: the <c>type</c> column.</summary>
    public static string AliasOf(OperationEvent @event) => ByClrType[@event.GetType()].Alias;

    /// <summary>The .NET name of an event's type, as Marten writes it: the <c>mt_dotnet_type</c> column.</summary>
    public static string DotNetTypeOf(OperationEvent @event) => ByClrType[@event.GetType()].DotNetType;

    /// <summary>
    /// The event as the JSON text of its <c>data</c> column, in canonical form (RFC 8785): members sorted by name,
    /// which is all that is left to do for events that hold no numbers but 32-bit integers.
    /// </summary>
    public static byte[] Write(OperationEvent @event) =>
        JsonSerializer.SerializeToUtf8Bytes(@event, ByClrType[@event.GetType()].JsonType);

    /// <summary>
    /// Reads a stored event. Null when the alias is none of ours, or when the data are not those of such an event, as
    /// another application may write them: both fold to no change.
    /// </summary>
    public static OperationEvent? TryRead(string alias, ReadOnlySpan<byte> data)
    {
        if (!ByAlias.TryGetValue(alias, out var type))
            return null;
        try
        {
            return (OperationEvent?)JsonSerializer.Deserialize(data, type.JsonType);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <inheritdoc cref="TryRead(string, ReadOnlySpan{byte})"/>
    public static OperationEvent? TryRead(string alias, string data) => TryRead(alias, Encoding.UTF8.GetBytes(data));

    private static void SortMembers(JsonTypeInfo type)
    {
        var order = 0;
        foreach (var member in type.Properties.OrderBy(member => member.Name, StringComparer.Ordinal))
            member.Order = order++;
    }

    private sealed record EventType(Type ClrType, string Alias, JsonTypeInfo JsonType)
    {
        public string DotNetType { get; } = $"{ClrType.FullName}, {ClrType.Assembly.GetName().Name}";

        public static EventType Of<T>(string alias) => new(typeof(T), alias, Options.GetTypeInfo(typeof(T)));
    }
}

[JsonSerializable(typeof(OperationRegistered))]
[JsonSerializable(typeof(StatusChanged))]
[JsonSerializable(typeof(SubStatusChanged))]
[JsonSerializable(typeof(ClusterRequested))]
[JsonSerializable(typeof(ClusterResponded))]
[JsonSerializable(typeof(RollbackRecorded))]
[JsonSerializable(typeof(RollbackClusterRequested))]
[JsonSerializable(typeof(RollbackClusterResponded))]
[JsonSerializable(typeof(ResultCorrected))]
[JsonSerializable(typeof(UpdateTimeChanged))]
[JsonSerializable(typeof(DocumentAmended))]
[JsonSerializable(typeof(UpdateRefused))]
[JsonSerializable(typeof(ValuesRedacted))]
[JsonSerializable(typeof(OperationResponse))]
[JsonSerializable(typeof(OperationRollback))]
[JsonSerializable(typeof(TargetCluster))]
[JsonSerializable(typeof(PatchOperation))]
[JsonSerializable(typeof(RedactedPlace))]
[JsonSerializable(typeof(UnknownMember))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(ValueList<TargetCluster>))]
internal sealed partial class OperationEventJsonContext : JsonSerializerContext;
