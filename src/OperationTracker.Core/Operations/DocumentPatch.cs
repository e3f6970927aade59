using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// JSON Patches (RFC 6902: add, remove and replace) between documents in the contract's form. For what no event says:
/// rare, so written for its reader and not for speed.
/// </summary>
public static class DocumentPatch
{
    internal static readonly JsonDocumentOptions Documents = new() { MaxDepth = 1000 };

    /// <summary>Adds what makes one value at a path of another.</summary>
    internal delegate void CompareValues(
        string path, JsonElement from, JsonElement to, List<PatchOperation> operations);

    /// <summary>
    /// The patch that makes <paramref name="to"/> of <paramref name="from"/>; empty when they are equal.
    /// </summary>
    public static ValueList<PatchOperation> Between(OperationDocument from, OperationDocument to)
    {
        using var before = JsonDocument.Parse(OperationJson.Write(from), Documents);
        using var after = JsonDocument.Parse(OperationJson.Write(to), Documents);
        var operations = new List<PatchOperation>();
        CompareMembers("", before.RootElement, after.RootElement, operations, Compare);
        return [.. operations];
    }

    /// <summary>
    /// The patched document. A patch that does not fit, or that would leave no valid document, changes nothing: it can
    /// only come from another application.
    /// </summary>
    public static OperationDocument Apply(IEnumerable<PatchOperation> patch, OperationDocument document)
    {
        JsonNode? root = JsonNode.Parse(OperationJson.Write(document), documentOptions: Documents);
        foreach (var operation in patch)
        {
            if (root is null || !TryApply(operation, root))
                return document;
        }

        var text = JsonValueText.Write(writer => root!.WriteTo(writer));
        return OperationJson.Read(Encoding.UTF8.GetBytes(text)).Document ?? document;
    }

    private static void Compare(string path, JsonElement from, JsonElement to, List<PatchOperation> operations)
    {
        if (AreEqual(from, to))
            return;
        if (from.ValueKind == JsonValueKind.Object && to.ValueKind == JsonValueKind.Object)
            CompareMembers(path, from, to, operations, Compare);
        else if (!TryCompareClusters(path, from, to, operations))
            operations.Add(new PatchOperation { Op = "replace", Path = path, Json = to.GetRawText() });
    }

    /// <summary>
    /// Adds what makes one object of another; <paramref name="compare"/> does the members that are in both.
    /// </summary>
    internal static void CompareMembers(
        string path, JsonElement from, JsonElement to, List<PatchOperation> operations, CompareValues compare)
    {
        foreach (var member in from.EnumerateObject())
        {
            if (!to.TryGetProperty(member.Name, out _))
                operations.Add(new PatchOperation { Op = "remove", Path = PathOf(path, member) });
        }

        foreach (var member in to.EnumerateObject())
        {
            if (from.TryGetProperty(member.Name, out var before))
                compare(PathOf(path, member), before, member.Value, operations);
            else
                operations.Add(new PatchOperation
                {
                    Op = "add", Path = PathOf(path, member), Json = member.Value.GetRawText(),
                });
        }
    }

    /// <summary>
    /// Lists of clusters are compared by element where that tells no untruth: the same clusters in the same order with
    /// no answer moved to another place, or some of them gone. All other arrays are replaced whole.
    /// </summary>
    private static bool TryCompareClusters(
        string path, JsonElement from, JsonElement to, List<PatchOperation> operations)
    {
        if (path is not ("/target_clusters" or "/rollbacks/target_clusters")
            || from.ValueKind != JsonValueKind.Array || to.ValueKind != JsonValueKind.Array)
            return false;
        JsonElement[] before = [.. from.EnumerateArray()], after = [.. to.EnumerateArray()];
        if (before.Length == after.Length && before.Zip(after).All(pair => IsSameCluster(pair.First, pair.Second)))
        {
            for (var i = 0; i < before.Length; i++)
                Compare($"{path}/{i}", before[i], after[i], operations);
            return true;
        }

        return TryRemoveElements(path, before, after, operations);
    }

    private static bool TryRemoveElements(
        string path, JsonElement[] before, JsonElement[] after, List<PatchOperation> operations)
    {
        var removals = new List<int>();
        var kept = 0;
        for (var i = 0; i < before.Length; i++)
        {
            if (kept < after.Length && AreEqual(before[i], after[kept]))
                kept++;
            else
                removals.Add(i);
        }

        if (kept < after.Length || after.Length == 0)
            return false;
        foreach (var index in Enumerable.Reverse(removals))
            operations.Add(new PatchOperation { Op = "remove", Path = $"{path}/{index}" });
        return true;
    }

    private static bool IsSameCluster(JsonElement before, JsonElement after)
    {
        var wasAnswered = before.TryGetProperty("response", out var old);
        var isAnswered = after.TryGetProperty("response", out var now) && IsAnswer(now);
        return before.GetProperty("cluster_id").GetString() == after.GetProperty("cluster_id").GetString()
            && (!isAnswered || (wasAnswered && AreEqual(old, now)));
    }

    private static bool IsAnswer(JsonElement response) =>
        response.ValueKind == JsonValueKind.Object && response.EnumerateObject().Any();

    /// <summary>Whether two values are the same by the contract's rule: the order of members does not count.</summary>
    internal static bool AreEqual(JsonElement left, JsonElement right)
    {
        var (before, after) = (left.GetRawText(), right.GetRawText());
        return before == after || JsonValueText.Canonical(before) == JsonValueText.Canonical(after);
    }

    private static string PathOf(string path, JsonProperty member) => $"{path}/{JsonPointer.Escape(member.Name)}";

    private static bool TryApply(PatchOperation operation, JsonNode root)
    {
        if (JsonPointer.Split(operation.Path) is not { Count: > 0 } segments)
            return false;
        JsonNode? value = null;
        if (operation.Op != "remove")
        {
            if (JsonValueText.TryNormalize(operation.Json) is not { } json)
                return false;
            value = JsonNode.Parse(json, documentOptions: Documents);
        }

        JsonNode? parent = root;
        foreach (var segment in segments.SkipLast(1))
            parent = Child(parent, segment);
        return parent switch
        {
            JsonObject members => TryApply(operation.Op, members, segments[^1], value),
            JsonArray items => TryApply(operation.Op, items, segments[^1], value),
            _ => false,
        };
    }

    private static JsonNode? Child(JsonNode? parent, string segment) => parent switch
    {
        JsonObject members => members[segment],
        JsonArray items when TryIndex(segment, items.Count, out var index) => items[index],
        _ => null,
    };

    private static bool TryApply(string op, JsonObject members, string name, JsonNode? value)
    {
        var exists = members.ContainsKey(name);
        switch (op)
        {
            case "remove":
                return members.Remove(name);
            case "add" or "replace" when exists || op == "add":
                members[name] = value;
                return true;
            default:
                return false;
        }
    }

    private static bool TryApply(string op, JsonArray items, string segment, JsonNode? value)
    {
        if (op == "add" && segment == "-")
        {
            items.Add(value);
            return true;
        }

        if (!TryIndex(segment, op == "add" ? items.Count + 1 : items.Count, out var index))
            return false;
        switch (op)
        {
            case "add":
                items.Insert(index, value);
                return true;
            case "replace":
                items[index] = value;
                return true;
            case "remove":
                items.RemoveAt(index);
                return true;
            default:
                return false;
        }
    }

    private static bool TryIndex(string segment, int count, out int index) =>
        int.TryParse(segment, System.Globalization.NumberStyles.None, null, out index) && index < count;
}
