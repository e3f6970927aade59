using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OperationTracker.Tests.Api;

/// <summary>The documents of real senders, and small ones to change.</summary>
internal static class Sample
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "Samples");

    public static IReadOnlyList<string> Files => [.. Directory
        .EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Folder, file)).Order(StringComparer.Ordinal)];

    public static byte[] Read(string file) => File.ReadAllBytes(Path.Combine(Folder, file));

    public static string IdOf(byte[] document)
    {
        using var json = JsonDocument.Parse(document);
        return json.RootElement.GetProperty("operation_id").GetString()!;
    }

    /// <summary>A document that keeps the rules; with a final status it has an answer.</summary>
    public static string Document(
        string id, string status = "executing", string? more = null, string time = "20261120_090000",
        string body = "{}") =>
        $$"""{"operation_id":{{Quoted(id)}},"occurred_time":"{{time}}","last_update_time":"{{time}}","""
        + $$"""
            "status":"{{status}}","request":{"uri":"/v1/clusters/1","method":"POST","body":{{Quoted(body)}}}
            """
        + (status is "completed" or "failed" ? ""","response":{"status_code":200,"body":""}""" : "")
        + (more is null ? "}" : $",{more}}}");

    /// <summary>A document of which one place holds something else; the place is a path of names.</summary>
    public static string With(string document, string path, string? json)
    {
        var root = JsonNode.Parse(document)!;
        var names = path.Split('/');
        var parent = names[..^1].Aggregate(
            root, (node, name) => node is JsonArray list ? list[int.Parse(name, null)]! : node[name]!);
        if (json is null) parent.AsObject().Remove(names[^1]);
        else parent[names[^1]] = JsonNode.Parse(json);
        return root.ToJsonString();
    }

    public static string Quoted(string text) => JsonSerializer.Serialize(text);

    public static byte[] Bytes(this string text) => Encoding.UTF8.GetBytes(text);
}
