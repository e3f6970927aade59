using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// Puts a marker in the place of values: of a document, and of whatever an event says of it. What may be redacted are
/// the texts <c>uri</c>, <c>body</c> and <c>sub_status</c>, wherever the contract has them, and all that it does not
/// name; a pointer to an object or an array stands for all of these below it. Ids, times, statuses, methods and codes
/// stay: they are what an operation is found and judged by.
/// </summary>
public static class Redaction
{
    /// <summary>What stands where a value was.</summary>
    public const string Marker = "[redacted]";

    private static readonly JsonDocumentOptions Documents = new() { MaxDepth = 1000 };

    /// <summary>What a part of a document is, as far as redaction goes.</summary>
    private enum Place
    {
        Document,
        Request,
        Response,
        Clusters,
        Cluster,
        Rollback,

        /// <summary>A text that may be redacted.</summary>
        Text,

        /// <summary>A value that stays.</summary>
        Fixed,

        /// <summary>What the contract does not name, at any depth.</summary>
        Free,
    }

    /// <summary>What is wrong with a pointer; null when values may be redacted there.</summary>
    public static string? DescribeFault(string pointer)
    {
        if (JsonPointer.Split(pointer) is not { } path)
            return "is not a JSON Pointer: it begins with a slash, or is empty for the whole document";
        return PlaceOf(path) == Place.Fixed
            ? "names a value that stays: what may be redacted are uri, body,"
                + " sub_status and members that the contract does not name"
            : null;
    }

    /// <summary>Whether redacting at one of these pointers redacts the uri of the operation's request.</summary>
    public static bool CoversUri(IEnumerable<string> pointers) =>
        pointers.Any(pointer => pointer is "" or "/request" or "/request/uri");

    /// <summary>The document with the marker at these pointers.</summary>
    public static OperationDocument Apply(OperationDocument document, IEnumerable<string> pointers)
    {
        JsonNode? root = JsonNode.Parse(OperationJson.Write(document), documentOptions: Documents);
        foreach (var pointer in pointers)
            root = Redact(root, Place.Document, JsonPointer.Split(pointer) ?? [], inEvent: false);
        return OperationJson.Read(Encoding.UTF8.GetBytes(ToText(root!))).Document
            ?? throw new InvalidOperationException("A redacted document does not keep the contract's rules.");
    }

    /// <summary>The values that stand at these pointers and are not the marker.</summary>
    public static IEnumerable<string> ValuesAt(OperationDocument document, IEnumerable<string> pointers)
    {
        var before = TextsOf(document);
        var after = TextsOf(Apply(document, pointers));
        return before.Zip(after).Where(pair => pair.First != pair.Second).Select(pair => pair.First);
    }

    /// <summary>An event's data with the marker wherever it says something of these pointers.</summary>
    /// <param name="type">The alias of its kind; of one that is not ours nothing is redacted.</param>
    /// <param name="data">Its data in canonical form.</param>
    /// <param name="pointers">Pointers into the document.</param>
    /// <param name="moved">
    /// Texts that are redacted wherever they stand: they came to one of these pointers later.
    /// </param>
    public static byte[] Apply(string type, byte[] data, IEnumerable<string> pointers, IReadOnlySet<string> moved)
    {
        if (JsonNode.Parse(data, documentOptions: Documents) is not JsonObject root)
            return data;
        foreach (var pointer in pointers)
            RedactEvent(type, root, JsonPointer.Split(pointer) ?? []);
        if (moved.Count > 0)
            RedactTexts(root, moved);
        return Encoding.UTF8.GetBytes(ToText(root));
    }

    private static void RedactEvent(string type, JsonObject data, IReadOnlyList<string> path)
    {
        switch (type)
        {
            case "operation_registered" or "update_refused":
                Set(data, "document", Place.Document, path);
                break;
            case "status_changed" or "result_corrected":
                SetBelow(data, "response", path, "response");
                break;
            case "sub_status_changed":
                SetBelow(data, "sub_status", path, "sub_status");
                break;
            case "cluster_requested" or "rollback_cluster_requested":
                SetBelow(data, "request", path, [.. ClusterPath(type, data), "request"]);
                break;
            case "cluster_responded" or "rollback_cluster_responded":
                SetBelow(data, "response", path, [.. ClusterPath(type, data), "response"]);
                break;
            case "document_amended" when data["patch"] is JsonArray patch:
                foreach (var operation in patch.OfType<JsonObject>())
                    RedactPatch(operation, path);
                break;
        }
    }

    private static string[] ClusterPath(string type, JsonObject data)
    {
        var index = data["index"]?.ToJsonString() ?? "";
        return type.StartsWith("rollback", StringComparison.Ordinal)
            ? ["rollbacks", "target_clusters", index]
            : ["target_clusters", index];
    }

    private static void RedactPatch(JsonObject operation, IReadOnlyList<string> path)
    {
        if (operation["json"] is not JsonValue text || JsonPointer.Split((string?)operation["path"] ?? "") is not { } at
            || !TryBelow(path, at, out var below))
            return;
        operation["json"] = RedactText((string)text!, PlaceOf(at), below);
    }

    /// <summary>Redacts a member of an event that says what stands at a place of the document.</summary>
    private static void SetBelow(JsonObject data, string member, IReadOnlyList<string> path, params string[] at)
    {
        if (TryBelow(path, at, out var below))
            Set(data, member, PlaceOf(at), below);
    }

    private static void Set(JsonObject data, string member, Place place, IReadOnlyList<string> path)
    {
        if (data[member] is { } node)
            data[member] = Detached(Redact(node, place, path, inEvent: true));
    }

    /// <summary>
    /// What is left of a path at some place: nothing when the place lies at it or below it. False when neither lies on
    /// the way to the other. The end of an array may be any of its places.
    /// </summary>
    private static bool TryBelow(IReadOnlyList<string> path, IReadOnlyList<string> at, out IReadOnlyList<string> below)
    {
        below = [.. path.Skip(at.Count)];
        return path.Zip(at).All(pair => pair.First == pair.Second || pair.Second == "-");
    }

    private static JsonNode? Redact(JsonNode? node, Place place, IReadOnlyList<string> path, bool inEvent)
    {
        if (node is null || place == Place.Fixed)
            return node;
        if (path.Count == 0 && place is Place.Text or Place.Free)
            return place == Place.Free || node.GetValueKind() == JsonValueKind.String ? JsonValue.Create(Marker) : node;
        IReadOnlyList<string> rest = [.. path.Skip(1)];
        switch (node)
        {
            case JsonObject members:
                foreach (var name in path.Count > 0 ? [path[0]] : members.Select(member => member.Key).ToArray())
                {
                    if (members.ContainsKey(name) && !(inEvent && name == UnknownMembersName))
                        members[name] = Detached(Redact(members[name], Child(place, name), rest, inEvent));
                }

                if (inEvent && members[UnknownMembersName] is JsonArray unknown)
                    RedactUnknown(unknown, path);
                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    if (path.Count == 0 || path[0] == $"{i}")
                        items[i] = Detached(Redact(items[i], Child(place, $"{i}"), rest, inEvent));
                }

                break;
        }

        return node;
    }

    /// <summary>Redacts members that the contract does not name, in the form that they have in events.</summary>
    private static void RedactUnknown(JsonArray unknown, IReadOnlyList<string> path)
    {
        foreach (var member in unknown.OfType<JsonObject>())
        {
            if (path.Count == 0 || path[0] == (string?)member["name"])
                member["json"] = RedactText((string)member["json"]!, Place.Free, [.. path.Skip(1)]);
        }
    }

    private static string RedactText(string json, Place place, IReadOnlyList<string> path) =>
        Redact(JsonNode.Parse(json, documentOptions: Documents), place, path, inEvent: false) is { } node
            ? ToText(node)
            : json;

    /// <summary>Puts the marker in the place of every string that is one of these.</summary>
    private static void RedactTexts(JsonNode node, IReadOnlySet<string> texts)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToArray())
                {
                    if (name is "uri" or "body" or "sub_status" && value is JsonValue && texts.Contains((string)value!))
                        members[name] = Marker;
                    else if (name == "json" && value is JsonValue && texts.Contains(Unquoted((string)value!)))
                        members[name] = $"\"{Marker}\"";
                    else if (value is not null)
                        RedactTexts(value, texts);
                }

                break;
            case JsonArray items:
                foreach (var item in items.OfType<JsonNode>())
                    RedactTexts(item, texts);
                break;
        }
    }

    private static string Unquoted(string json) =>
        JsonNode.Parse(json, documentOptions: Documents) is JsonValue value
            && value.GetValueKind() == JsonValueKind.String
            ? (string)value! : json;

    /// <summary>All that may be redacted in a document, in order.</summary>
    private static List<string> TextsOf(OperationDocument document)
    {
        var texts = new List<string>();
        Collect(JsonNode.Parse(OperationJson.Write(document), documentOptions: Documents), Place.Document);
        return texts;

        void Collect(JsonNode? node, Place place)
        {
            if (place is Place.Text or Place.Free)
                texts.Add(node is JsonValue value && value.GetValueKind() == JsonValueKind.String
                    ? (string)value! : node?.ToJsonString() ?? "");
            else if (node is JsonObject members)
                members.ToList().ForEach(member => Collect(member.Value, Child(place, member.Key)));
            else if (node is JsonArray items)
                items.ToList().ForEach(item => Collect(item, Child(place, "")));
        }
    }

    private static Place PlaceOf(IEnumerable<string> path) => path.Aggregate(Place.Document, Child);

    private static Place Child(Place place, string name) => (place, name) switch
    {
        (Place.Document or Place.Cluster, "request") => Place.Request,
        (Place.Document or Place.Cluster, "response") => Place.Response,
        (Place.Document or Place.Rollback, "target_clusters") => Place.Clusters,
        (Place.Document, "rollbacks") => Place.Rollback,
        (Place.Document, "sub_status") => Place.Text,
        (Place.Document, "operation_id" or "occurred_time" or "last_update_time" or "status") => Place.Fixed,
        (Place.Request, "uri" or "body") => Place.Text,
        (Place.Request, "method") => Place.Fixed,
        (Place.Response, "body") => Place.Text,
        (Place.Response, "status_code") => Place.Fixed,
        (Place.Clusters, _) => Place.Cluster,
        (Place.Cluster, "cluster_id") => Place.Fixed,
        (Place.Rollback, "result" or "occurred_time") => Place.Fixed,
        (Place.Text or Place.Fixed, _) => Place.Fixed,
        _ => Place.Free,
    };

    private const string UnknownMembersName = "unknown_members";

    /// <summary>
    /// A node that may be put into a parent: one that has a parent already is the one that stands there.
    /// </summary>
    private static JsonNode? Detached(JsonNode? node) => node?.Parent is null ? node : node.DeepClone();

    private static string ToText(JsonNode node) => JsonValueText.Write(writer => node.WriteTo(writer));
}
