using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OperationTracker.Torture.Hostile;

/// <summary>Values made after a schema of the OpenAPI document, and broken ones.</summary>
internal sealed class SchemaValues(Random random)
{
    private static readonly string[] Texts =
        ["", "a", "1", "/v1/clusters/1", "{\"x\":1}", "\u00e9 \ud83d\ude00", "null", "list", "x,y", "\u2028", "a b"];

    private static readonly string[] Others =
    [
        "null", "true", "false", "0", "-1", "1.0", "2e2", "200.0", "99", "100", "599", "600", "2147483647",
        "2147483648", "-2147483649", "9223372036854775808", "1e308", "123456789012345678901234567890", "\"\"", "\"a\"",
        "\"200\"", "\"GET\"", "\"done\"", "\"20260230_000000\"", "\"2026-11-20T09:00:00Z\"", "[]", "{}", "[null]",
        "[[]]", "[{}]", "{\"a\":1}",
    ];

    /// <summary>A value that the schema describes, but for what it says of members together.</summary>
    public JsonNode? Make(JsonElement schema)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            return Make(OpenApiContract.Schemas.Resolve(reference.GetString()!));
        if (schema.TryGetProperty("enum", out var words))
            return JsonNode.Parse(Pick([.. words.EnumerateArray()]).GetRawText());
        if (schema.TryGetProperty("anyOf", out var either)) return Make(Pick([.. either.EnumerateArray()]));
        return TypeOf(schema) switch
        {
            "object" => MakeObject(schema),
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ =>
                Make(schema.GetProperty("items")))]),
            "string" => MakeText(schema),
            "integer" => MakeNumber(schema),
            "null" => null,
            var type => throw new NotSupportedException($"No value of the type {type} is made."),
        };
    }

    /// <summary>The text of a parameter: sound for its schema, or broken.</summary>
    /// <returns>The text; null for broken when no text breaks the schema.</returns>
    public string? MakeParameter(JsonElement schema, bool broken)
    {
        if (schema.TryGetProperty("$ref", out var reference))
            return MakeParameter(OpenApiContract.Schemas.Resolve(reference.GetString()!), broken);
        if (schema.TryGetProperty("items", out var items)) return MakeParameter(items, broken);
        if (!broken) return Make(schema)?.ToString();
        var texts = Others.Select(other => other.Trim('"')).Concat(["\u0000", " ", "1 ", "+1", "0x1", "\u0661",
            new string('a', 300), "%", "..", "a/b"]);
        string[] wrong = [.. texts.Where(text => !IsSound(schema, text))];
        return wrong.Length == 0 ? null : Pick(wrong);
    }

    /// <summary>
    /// Changes one place of a document: another value, a bound overstepped, a member left out, put beside or twice.
    /// </summary>
    /// <returns>The document as text, which need not be JSON that keeps the schema, nor need it break it.</returns>
    public string Mutate(JsonNode document)
    {
        var places = new List<(JsonNode Parent, string Name)>();
        Collect(document, places);
        var (parent, name) = Pick([.. places]);
        var marker = $"MARK{random.Next()}";
        switch (random.Next(5))
        {
            case 0:
                Remove(parent, name);
                return document.ToJsonString();
            case 1 when parent is JsonObject members:
                members[Pick("x", "body", "Status", "", "a/b~c", "operation_id ")] = JsonNode.Parse(Pick(Others));
                return document.ToJsonString();
            case 2 when parent is JsonObject:
                var quoted = JsonSerializer.Serialize(name);
                return document.ToJsonString().Replace($"{quoted}:", $"{quoted}:1,{quoted}:", StringComparison.Ordinal);
            case 3:
                Set(parent, name, new string('a', Pick(129, 257, 8_193)));
                return document.ToJsonString();
            default:
                Set(parent, name, marker);
                return document.ToJsonString().Replace($"\"{marker}\"", Pick(Others), StringComparison.Ordinal);
        }
    }

    private static bool IsSound(JsonElement schema, string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal)) return false;
        if (TypeOf(schema) != "integer")
        {
            // What has a description and no pattern is an instant; whether a text is one is not for us to say.
            return (!schema.TryGetProperty("pattern", out _) && !schema.TryGetProperty("enum", out _)
                && !schema.TryGetProperty("anyOf", out _) && !schema.TryGetProperty("minLength", out _))
                || OpenApiContract.Schemas.Faults(schema, JsonSerializer.SerializeToElement(text)).Count == 0;
        }

        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && OpenApiContract.Schemas.Faults(schema, JsonSerializer.SerializeToElement(number)).Count == 0;
    }

    private static string TypeOf(JsonElement schema) => !schema.TryGetProperty("type", out var type) ? "string"
        : type.ValueKind == JsonValueKind.Array ? type[0].GetString()! : type.GetString()!;

    private JsonObject MakeObject(JsonElement schema)
    {
        var made = new JsonObject();
        var required = schema.GetProperty("required", []);
        foreach (var property in schema.GetProperty("properties").EnumerateObject())
        {
            if (!required.Contains(property.Name) && random.Next(2) == 0) continue;
            made[property.Name] = MayBeNull(property.Value) && random.Next(5) == 0 ? null : Make(property.Value);
        }

        if (random.Next(4) == 0) made["reservation_time"] = JsonNode.Parse(Pick(Others));
        return made;
    }

    private static bool MayBeNull(JsonElement schema) => schema.TryGetProperty("$ref", out var reference)
        ? MayBeNull(OpenApiContract.Schemas.Resolve(reference.GetString()!))
        : schema.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.Array;

    private JsonNode MakeText(JsonElement schema)
    {
        var pattern = schema.TryGetProperty("pattern", out var rule) ? rule.GetString()! : "";
        if (pattern.StartsWith("^[0-9]{4}(0", StringComparison.Ordinal))
            return new DateTime(2026, 1, 1).AddSeconds(random.Next(31_536_000))
                .ToString("yyyyMMdd'_'HHmmss", CultureInfo.InvariantCulture);
        if (pattern == "^[0-9]+$") return random.Next(1, 9).ToString(CultureInfo.InvariantCulture);
        if (pattern.Contains("A-Za-z0-9._~-", StringComparison.Ordinal)) return $"id-{random.Next(5)}";
        if (pattern.Length == 0 && schema.GetText("description").StartsWith("An instant", StringComparison.Ordinal))
            return Pick("2026-11-20T09:00:00Z", "2030-01-01T00:00:00.123456789+09:00", "2026-11-22T03:00:00.5-11:30",
                "1970-01-01T00:00:00Z");
        var least = schema.TryGetProperty("minLength", out var length) ? length.GetInt32() : 0;
        return Pick([.. Texts.Where(text => text.Length >= least)]);
    }

    private long MakeNumber(JsonElement schema)
    {
        var (least, most) = (schema.GetNumber("minimum", int.MinValue), schema.GetNumber("maximum", int.MaxValue));
        var between = least + random.Next((int)Math.Min(most - least, 1000) + 1);
        return random.Next(3) switch { 0 => least, 1 => most, _ => between };
    }

    private static void Collect(JsonNode node, List<(JsonNode Parent, string Name)> places)
    {
        var children = node switch
        {
            JsonObject members => members.Select(member => (member.Key, member.Value)).ToArray(),
            JsonArray items => [.. items.Select((item, i) => (i.ToString(CultureInfo.InvariantCulture), item))],
            _ => [],
        };
        foreach (var (name, child) in children)
        {
            places.Add((node, name));
            if (child is not null) Collect(child, places);
        }
    }

    private static void Remove(JsonNode parent, string name)
    {
        if (parent is JsonArray items) items.RemoveAt(int.Parse(name, CultureInfo.InvariantCulture));
        else parent.AsObject().Remove(name);
    }

    private static void Set(JsonNode parent, string name, JsonNode value)
    {
        if (parent is JsonArray items) items[int.Parse(name, CultureInfo.InvariantCulture)] = value;
        else parent[name] = value;
    }

    private T Pick<T>(params T[] items) => items[random.Next(items.Length)];
}

/// <summary>Members of a schema that may be left out.</summary>
internal static class SchemaMembers
{
    public static string[] GetProperty(this JsonElement schema, string name, string[] otherwise) =>
        schema.TryGetProperty(name, out var value) ? [.. value.EnumerateArray().Select(item => item.GetString()!)]
            : otherwise;

    public static string GetText(this JsonElement schema, string name) =>
        schema.TryGetProperty(name, out var value) ? value.GetString()! : "";

    public static long GetNumber(this JsonElement schema, string name, long otherwise) =>
        schema.TryGetProperty(name, out var value) ? value.GetInt64() : otherwise;
}
