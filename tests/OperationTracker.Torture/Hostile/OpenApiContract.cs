using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using System.Text.Json;

namespace OperationTracker.Torture.Hostile;

/// <summary>An answer as it came, with what was asked.</summary>
internal sealed record Answer(
    string Method, string Target, int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public string? ETag => Header("ETag");

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}

/// <summary>
/// Judges answers by the OpenAPI document that the tracker serves: is the status declared for the path and method, and
/// does the body obey the declared schema? What has no path of its own may only be refused.
/// </summary>
internal static class OpenApiContract
{
    /// <summary>The web server refuses these before the application hears of them, and sends no body.</summary>
    private static readonly int[] OfTheWebServer = [400, 405, 408, 413, 414, 431, 505];

    private static readonly int[] OfUnknownPaths = [400, 404, 405, 503];
    private static readonly JsonElement Document = Load();
    public static JsonSchemaSubset Schemas { get; } = new(Document);
    private static readonly ConcurrentDictionary<string, int> SeenAnswers = new();

    public static JsonElement Root => Document;

    /// <summary>Method, path and status of every answer that was judged, with how often.</summary>
    public static IReadOnlyDictionary<string, int> Seen => SeenAnswers;

    /// <summary>What is wrong with the answer; empty when nothing is. A body that was not read is not judged.</summary>
    public static IReadOnlyList<string> Faults(Answer answer, bool withBody = true)
    {
        var path = PathOf(answer.Target);
        var name = $"{answer.Method} {path ?? "(no path)"} {answer.Status}";
        SeenAnswers.AddOrUpdate(name, 1, (_, count) => count + 1);
        if (answer.Header("X-Content-Type-Options") is null)
            return OfTheWebServer.Contains(answer.Status)
                ? []
                : [$"{name}: neither the application's nor the web server's"];
        var faults = new List<string>();
        if (answer.Status == 405 && answer.Header("Allow") is null or "") faults.Add($"{name}: no Allow");
        if (answer.Status == 503 && answer.Header("Retry-After") is null) faults.Add($"{name}: no Retry-After");
        var isHead = answer.Method == "HEAD";
        if (isHead && answer.Body.Length > 0) faults.Add($"{name}: a body to HEAD");

        if (path is null || !TryFindOperation(path, answer.Method, out var operation))
        {
            if (!OfUnknownPaths.Contains(answer.Status)) faults.Add($"{name}: may only be refused");
            if (withBody && !isHead) faults.AddRange(FaultsOfBody(answer, "#/components/schemas/ErrorBody"));
            return faults;
        }

        if (!operation.GetProperty("responses").TryGetProperty($"{answer.Status}", out var response))
            return [.. faults, $"{name}: the status is not declared"];
        if (response.TryGetProperty("$ref", out var reference)) response = Schemas.Resolve(reference.GetString()!);
        if (!withBody || isHead) return faults;
        if (!response.TryGetProperty("content", out var content))
        {
            if (answer.Body.Length > 0) faults.Add($"{name}: a body where none is declared");
        }
        else
        {
            var declared = content.EnumerateObject().Single();
            faults.AddRange(FaultsOfBody(answer, declared.Value.GetProperty("schema"), declared.Name));
        }

        return
        [
            .. faults.Select(fault => fault.StartsWith(name, StringComparison.Ordinal) ? fault : $"{name}: {fault}"),
        ];
    }

    /// <summary>
    /// The path of the document that a target means by the contract's rules; null when it means none.
    /// </summary>
    public static string? PathOf(string target)
    {
        var path = target.Split('?')[0];
        if (path.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            path = path.IndexOf('/', 7) is > 0 and var slash ? path[slash..] : "/";
        if (path is "/v1/operations" or "/v1/operations/") return "/v1/operations";
        if (path.StartsWith("/v1/operations/", StringComparison.Ordinal) && path.LastIndexOf('/') == 14)
            return "/v1/operations/{operation_id}";
        foreach (var part in new[] { "/events", "/diff" })
            if (path.StartsWith("/v1/operations/", StringComparison.Ordinal)
                && path.EndsWith(part, StringComparison.Ordinal)
                && path.LastIndexOf('/', path.Length - part.Length - 1) == 14 && path.Length > 15 + part.Length)
                return "/v1/operations/{operation_id}" + part;
        // Where no id is in the path, the web server's cleaning of it does no harm.
        return path.StartsWith('/') && Uri.TryCreate("http://x" + path, UriKind.Absolute, out var uri)
            && uri.AbsolutePath.TrimEnd('/').ToLowerInvariant() is var clean
            && Document.GetProperty("paths").TryGetProperty(clean, out _)
            && !clean.StartsWith("/v1/operations", StringComparison.Ordinal)
            ? clean
            : path.StartsWith("/v1/projections/", StringComparison.OrdinalIgnoreCase)
                && path.LastIndexOf('/') == 15 && path.Length > 16
                ? "/v1/projections/{name}"
                : null;
    }

    private static IEnumerable<string> FaultsOfBody(Answer answer, string schema)
    {
        using var reference = JsonDocument.Parse($$"""{"$ref":"{{schema}}"}""");
        return FaultsOfBody(answer, reference.RootElement);
    }

    private static IEnumerable<string> FaultsOfBody(Answer answer, JsonElement schema, string type = "application/json")
    {
        if (answer.Header("Content-Type") != type)
            return [$"is of the type {answer.Header("Content-Type")}"];
        try
        {
            using var body = JsonDocument.Parse(answer.Body);
            return [.. Schemas.Faults(schema, body.RootElement)];
        }
        catch (JsonException)
        {
            return ["is not JSON"];
        }
    }

    private static bool TryFindOperation(string path, string method, out JsonElement operation)
    {
        operation = default;
        return method.All(char.IsAsciiLetterUpper) && Document.GetProperty("paths").GetProperty(path)
            .TryGetProperty(method.ToLowerInvariant(), out operation);
    }

    private static JsonElement Load()
    {
        using var resource = Assembly.Load("optrack").GetManifestResourceStream("openapi.v1.json")!;
        return JsonDocument.Parse(resource).RootElement;
    }
}
