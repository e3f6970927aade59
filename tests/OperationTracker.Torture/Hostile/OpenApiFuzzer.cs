using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// Requests made after the OpenAPI document: each path, method, parameter and body, sound or with something broken, and
/// what that lets one expect of the answer.
/// </summary>
internal sealed class OpenApiFuzzer(int seed, string owner)
{
    private static readonly (string Path, string Method, JsonElement Operation, JsonElement[] Parameters)[] Operations =
        [.. ReadOperations()];
    /// <summary>The first of the document are about one operation, and the list.</summary>
    private const int OfOperations = 7;

    private static readonly string[] Undeclared =
        ["POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "PUT", "HEAD", "GET", "LINK"];
    private static readonly string[] ETags = ["*", "\"1-0\"", "\"a\", \"b\"", "W/\"1-0\""];
    private static readonly string[] Times = ["occurred_time", "last_update_time"];
    private static readonly string[] BadIds =
    [
        ".", "..", "a%2Fb", "%00", "%", "%zz", "a%20b", "%C3%A9", "a+b", "a;b", "%2e%2e", new('x', 129), "a%252F",
    ];

    /// <summary>
    /// A request, and whether it keeps the document: true, false, or null where the document alone does not say.
    /// </summary>
    public sealed record Fuzzed(HostileRequest Request, bool? IsSound);

    /// <summary>What is wrong with the status; null when nothing is.</summary>
    public static string? FaultOf(Fuzzed fuzzed, int status) => fuzzed.IsSound switch
    {
        true when status is 400 or >= 413 => $"keeps the OpenAPI document and was answered {status}",
        false when status < 400 => $"breaks the OpenAPI document and was answered {status}",
        _ => null,
    };

    /// <param name="number">Which request; the same for the same number and seed.</param>
    public Fuzzed Make(int number)
    {
        var random = new Random(unchecked(seed * 7919 + number));
        var values = new SchemaValues(random);
        var among = random.Next(2) == 0 ? OfOperations : Operations.Length;
        var (path, method, operation, parameters) = Operations[random.Next(among)];
        bool? isSound = true;
        if (random.Next(20) == 0)
        {
            method = Undeclared[random.Next(Undeclared.Length)];
            isSound = null;
        }

        var breaks = random.Next(3) == 0;
        var id = $"{owner}-{number / 10_000}-{random.Next(6)}";
        var isIdBroken = breaks && random.Next(6) == 0 && path.Contains("{operation_id}", StringComparison.Ordinal);
        var target = path.Replace("{operation_id}", isIdBroken ? BadIds[random.Next(BadIds.Length)] : id,
            StringComparison.Ordinal)
            .Replace("{name}", random.Next(3) == 0 ? "nothing" : "operations", StringComparison.Ordinal);
        if (isIdBroken && isSound == true) isSound = false;
        var query = new List<string>();
        var headers = new StringBuilder();
        foreach (var parameter in parameters)
        {
            var isRequired = parameter.TryGetProperty("required", out var required) && required.GetBoolean();
            if (random.Next(isRequired ? 20 : 3) > 0 != isRequired)
            {
                if (isRequired && isSound == true) isSound = false;
                continue;
            }

            AddParameter(random, values, parameter, breaks && random.Next(2) == 0, query, headers, ref isSound);
        }

        if (query.Count > 0) target += "?" + string.Join('&', query);
        // Together they are refused, which a schema of one parameter cannot say.
        if (isSound == true && target.Contains("version=", StringComparison.Ordinal)
            && target.Contains("at=", StringComparison.Ordinal))
            isSound = null;
        byte[]? body = null;
        if (operation.TryGetProperty("requestBody", out var wanted) && method == "PUT")
            body = MakeBody(random, values,
                wanted.GetProperty("content").GetProperty("application/json").GetProperty("schema"), id, ref isSound);
        return new Fuzzed(new HostileRequest(method, target, headers.ToString(), body, body is null ? null : id),
            isSound);
    }

    private static void AddParameter(
        Random random, SchemaValues values, JsonElement parameter, bool breaks, List<string> query,
            StringBuilder headers, ref bool? isSound)
    {
        var name = parameter.GetText("name");
        var schema = parameter.GetProperty("schema");
        var broken = breaks ? values.MakeParameter(schema, broken: true) : null;
        var text = broken ?? values.MakeParameter(schema, broken: false) ?? "";
        if (parameter.GetText("in") == "header")
        {
            // What a header may hold is not all that a text may, and that it is a list of ETags is said in words.
            if (text.Any(c => c is < ' ' or > '~')) return;
            if (broken is null && random.Next(2) == 0 && !schema.TryGetProperty("enum", out _))
                text = ETags[random.Next(ETags.Length)];
            headers.Append(name).Append(": ").Append(text).Append("\r\n");
            if (broken is not null && isSound == true) isSound = false;
            else if (isSound == true && text != "*" && !ETags.Contains(text)) isSound = null;
            return;
        }

        query.Add($"{name}={Uri.EscapeDataString(text)}");
        var isRepeated = random.Next(30) == 0;
        if (isRepeated) query.Add($"{name}={Uri.EscapeDataString(text)}");
        // Tokens are opaque, and whether a parameter may stand twice depends on its style.
        var isOpaque = name == "page_token" || (broken is null && isRepeated);
        if (broken is not null && isSound != false) isSound = name == "page_token" ? null : false;
        else if (isOpaque && isSound == true) isSound = null;
    }

    private static byte[] MakeBody(Random random, SchemaValues values, JsonElement schema, string id, ref bool? isSound)
    {
        JsonNode document;
        var tries = 0;
        do
        {
            document = values.Make(schema)!;
            document["operation_id"] = id;
        }
        while (++tries < 20 && !Keeps(schema, document.ToJsonString()));
        document["sub_status"] = HostileRequest.Canary;
        var text = random.Next(5) < 2 ? document.ToJsonString() : values.Mutate(document);
        if (!Keeps(schema, text)) isSound = isSound == null ? null : false;
        else if (isSound == true && (JsonBounds.Forbid(Encoding.UTF8.GetBytes(text)) || !IsOf(text, id)))
            isSound = false;
        return Encoding.UTF8.GetBytes(text);
    }

    /// <summary>That the ids are one is said in words; that the calendar has the date, too.</summary>
    private static bool IsOf(string text, string id)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.GetProperty("operation_id").GetString() == id
            && Times.All(name =>
                !document.RootElement.GetProperty(name).GetString()!.StartsWith("20260230", StringComparison.Ordinal));
    }

    private static bool Keeps(JsonElement schema, string text)
    {
        using var document = JsonDocument.Parse(text);
        return OpenApiContract.Schemas.Faults(schema, document.RootElement).Count == 0;
    }

    private static IEnumerable<(string, string, JsonElement, JsonElement[])> ReadOperations() =>
        from path in OpenApiContract.Root.GetProperty("paths").EnumerateObject()
        from method in path.Value.EnumerateObject()
        where method.Name != "parameters"
        let parameters = method.Value.TryGetProperty("parameters", out var own) ? own.EnumerateArray().ToArray() : []
        select (path.Name, method.Name.ToUpperInvariant(), method.Value, parameters.Select(parameter =>
            parameter.TryGetProperty("$ref", out var reference)
                ? OpenApiContract.Schemas.Resolve(reference.GetString()!) : parameter).ToArray());
}
