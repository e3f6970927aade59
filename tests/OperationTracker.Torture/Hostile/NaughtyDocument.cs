using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OperationTracker.Torture.Hostile;

/// <summary>A document with all its places, one of which holds a text that is written as it is told.</summary>
internal static class NaughtyDocument
{
    /// <summary>Stands where the text goes, until the document is written.</summary>
    public const string Marker = "MARKER-0b1d";

    public static JsonObject Make(string id) => new()
    {
        ["operation_id"] = id, ["occurred_time"] = "20261120_090000", ["last_update_time"] = "20261120_090000",
        ["status"] = "completed",
        ["request"] = Request(), ["response"] = new JsonObject { ["status_code"] = 200, ["body"] = "" },
        ["target_clusters"] = new JsonArray(Cluster("1"), Cluster(id == Marker ? "1" : id)),
        ["rollbacks"] = new JsonObject
        {
            ["result"] = "none", ["occurred_time"] = "x", ["target_clusters"] = new JsonArray(Cluster("1")),
        },
    };

    private static JsonObject Request() =>
        new() { ["uri"] = "/v1", ["method"] = "POST", ["body"] = HostileRequest.Canary };

    private static JsonObject Cluster(string id) => new()
    {
        ["cluster_id"] = id, ["request"] = Request(),
        ["response"] = new JsonObject { ["status_code"] = 200, ["body"] = "" },
    };

    /// <summary>Marks a place.</summary>
    public static void Mark(JsonObject document, string path)
    {
        var names = path.Split('/');
        JsonNode parent = document;
        foreach (var name in names[..^1])
            parent = parent is JsonArray items ? items[int.Parse(name, CultureInfo.InvariantCulture)]! : parent[name]!;
        parent[names[^1]] = Marker;
    }

    public static byte[] Write(JsonObject document, string text, JsonSerializerOptions options)
    {
        var parts = document.ToJsonString().Split($"\"{Marker}\"");
        return [.. Encoding.UTF8.GetBytes(parts[0]), .. Literal(text, options), .. Encoding.UTF8.GetBytes(parts[1])];
    }

    /// <summary>The text as JSON. Halves of surrogate pairs stay what they are, as escapes.</summary>
    public static byte[] Literal(string text, JsonSerializerOptions options)
    {
        if (IsText(text)) return JsonSerializer.SerializeToUtf8Bytes(text, options);
        var escapes = text.Select(c => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
        return Encoding.UTF8.GetBytes($"\"{string.Concat(escapes)}\"");
    }

    /// <summary>Neither U+0000 nor half of a surrogate pair.</summary>
    public static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || (char.IsSurrogate(text[i]) && !char.IsSurrogatePair(text, i))) return false;
            if (char.IsSurrogate(text[i])) i++;
        }

        return true;
    }
}
