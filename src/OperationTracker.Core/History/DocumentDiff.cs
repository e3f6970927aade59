using System.Text.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.History;

/// <summary>
/// What differs between two documents as GET serves them: a JSON Patch (RFC 6902: add, remove and replace) for readers,
/// which names the smallest places. (<see cref="DocumentPatch"/> is for events, and may touch only what no event says.)
/// </summary>
public static class DocumentDiff
{
    /// <summary>
    /// The patch that makes <paramref name="to"/> of <paramref name="from"/>; empty when they are equal.
    /// </summary>
    /// <exception cref="JsonException">One of them is not JSON.</exception>
    public static ValueList<PatchOperation> Between(ReadOnlyMemory<byte> from, ReadOnlyMemory<byte> to)
    {
        using var before = JsonDocument.Parse(from, DocumentPatch.Documents);
        using var after = JsonDocument.Parse(to, DocumentPatch.Documents);
        var operations = new List<PatchOperation>();
        Compare("", before.RootElement, after.RootElement, operations);
        return [.. operations];
    }

    /// <summary>Writes a patch as RFC 6902 has it; values as the documents spell them.</summary>
    public static void Write(Utf8JsonWriter writer, IEnumerable<PatchOperation> patch)
    {
        writer.WriteStartArray();
        foreach (var operation in patch)
        {
            writer.WriteStartObject();
            writer.WriteString("op", operation.Op);
            writer.WriteString("path", operation.Path);
            if (operation.Json is not null)
            {
                writer.WritePropertyName("value");
                writer.WriteRawValue(operation.Json, skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void Compare(string path, JsonElement from, JsonElement to, List<PatchOperation> operations)
    {
        if (from.ValueKind == JsonValueKind.Object && to.ValueKind == JsonValueKind.Object)
            DocumentPatch.CompareMembers(path, from, to, operations, Compare);
        else if (from.ValueKind == JsonValueKind.Array && to.ValueKind == JsonValueKind.Array)
            CompareArrays(path, [.. from.EnumerateArray()], [.. to.EnumerateArray()], operations);
        else if (!DocumentPatch.AreEqual(from, to))
            operations.Add(new PatchOperation { Op = "replace", Path = path, Json = to.GetRawText() });
    }

    /// <summary>
    /// Equal elements at both ends stay; of what is between, elements are compared in pairs, and then some are taken
    /// away or come. Elements of clusters come and go at the end, as a rule.
    /// </summary>
    private static void CompareArrays(
        string path, JsonElement[] from, JsonElement[] to, List<PatchOperation> operations)
    {
        var shorter = Math.Min(from.Length, to.Length);
        var same = 0;
        if (from.Length != to.Length)
        {
            while (same < shorter && DocumentPatch.AreEqual(from[^(same + 1)], to[^(same + 1)]))
                same++;
        }

        var pairs = shorter - same;
        for (var i = 0; i < pairs; i++)
            Compare($"{path}/{i}", from[i], to[i], operations);
        for (var i = from.Length - same - 1; i >= pairs; i--)
            operations.Add(new PatchOperation { Op = "remove", Path = $"{path}/{i}" });
        for (var i = pairs; i < to.Length - same; i++)
            operations.Add(new PatchOperation { Op = "add", Path = $"{path}/{i}", Json = to[i].GetRawText() });
    }
}
