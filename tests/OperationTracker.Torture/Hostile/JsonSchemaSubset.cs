using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// JSON Schema as far as the OpenAPI document uses it. A keyword that is not known here fails, so that no rule of the
/// document goes unchecked in silence.
/// </summary>
internal sealed class JsonSchemaSubset(JsonElement root)
{
    private static readonly HashSet<string> Annotations = ["description", "default", "format", "then"];

    /// <summary>Every fault, each with the JSON Pointer of the place.</summary>
    public IReadOnlyList<string> Faults(JsonElement schema, JsonElement value, string path = "") =>
        [.. schema.EnumerateObject().SelectMany(keyword => Judge(schema, keyword.Name, keyword.Value, value, path))];

    /// <summary>What a "#/…" reference points to.</summary>
    public JsonElement Resolve(string reference)
    {
        if (!reference.StartsWith("#/", StringComparison.Ordinal)) throw new KeyNotFoundException(reference);
        var target = root;
        foreach (var part in reference[2..].Split('/'))
        {
            var name = part.Replace("~1", "/").Replace("~0", "~");
            if (!target.TryGetProperty(name, out target)) throw new KeyNotFoundException(reference);
        }
        return target;
    }

    private IEnumerable<string> Judge(
        JsonElement schema, string keyword, JsonElement rule, JsonElement value, string path) => keyword switch
    {
        "$ref" => Faults(Resolve(rule.GetString()!), value, path),
        "type" => Unless(
            Strings(rule).Any(type => IsOf(type, value)), path, $"is not of type {string.Join(" or ", Strings(rule))}"),
        "enum" => Unless(rule.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value)), path, "is not listed"),
        "allOf" => rule.EnumerateArray().SelectMany(part => Faults(part, value, path)),
        "anyOf" => Unless(Matching(rule, value) > 0, path, "matches none of anyOf"),
        "oneOf" => Unless(Matching(rule, value) == 1, path, "does not match exactly one of oneOf"),
        "if" => Faults(rule, value).Count > 0 ? [] : Faults(schema.GetProperty("then"), value, path),
        "required" or "properties" or "additionalProperties" => JudgeObject(keyword, rule, value, path),
        "items" => JudgeItems(rule, value, path),
        "pattern" or "minLength" or "maxLength" => JudgeString(keyword, rule, value, path),
        "minimum" or "maximum" => JudgeNumber(keyword, rule, value, path),
        _ when Annotations.Contains(keyword) => [],
        _ => throw new NotSupportedException($"The schema keyword {keyword} is not checked."),
    };

    private IEnumerable<string> JudgeObject(string keyword, JsonElement rule, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Object) return [];
        return keyword switch
        {
            "required" => Strings(rule).Where(name => !value.TryGetProperty(name, out _))
                .Select(name => $"{path}/{name} is missing"),
            "properties" => rule.EnumerateObject().SelectMany(property =>
                value.TryGetProperty(property.Name, out var member)
                    ? Faults(property.Value, member, $"{path}/{property.Name}")
                    : []),
            _ => Unless(rule.ValueKind == JsonValueKind.True, path, "has additionalProperties other than true"),
        };
    }

    private IEnumerable<string> JudgeItems(JsonElement rule, JsonElement value, string path) =>
        value.ValueKind != JsonValueKind.Array
            ? []
            : value.EnumerateArray().SelectMany((item, index) => Faults(rule, item, $"{path}/{index}"));

    private static IEnumerable<string> JudgeString(string keyword, JsonElement rule, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.String) return [];
        var text = value.GetString()!;
        var length = text.EnumerateRunes().Count();
        return keyword switch
        {
            "pattern" => Unless(Regex.IsMatch(text, $"{rule}", RegexOptions.ECMAScript), path, $"is not {rule}"),
            "minLength" => Unless(length >= rule.GetInt32(), path, "is too short"),
            _ => Unless(length <= rule.GetInt32(), path, "is too long"),
        };
    }

    private static IEnumerable<string> JudgeNumber(string keyword, JsonElement rule, JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Number) return [];
        var isWithin = keyword == "minimum"
            ? value.GetDouble() >= rule.GetDouble()
            : value.GetDouble() <= rule.GetDouble();
        return Unless(isWithin, path, $"is beyond the {keyword}");
    }

    private int Matching(JsonElement schemas, JsonElement value) =>
        schemas.EnumerateArray().Count(schema => Faults(schema, value).Count == 0);

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && BigInteger.TryParse(value.GetRawText(), out _),
        _ => throw new NotSupportedException(type),
    };

    private static IEnumerable<string> Strings(JsonElement oneOrMany) =>
        oneOrMany.ValueKind == JsonValueKind.Array
            ? oneOrMany.EnumerateArray().Select(one => one.GetString()!)
            : [oneOrMany.GetString()!];

    private static IEnumerable<string> Unless(bool holds, string path, string fault) =>
        holds ? [] : [$"{path} {fault}"];
}
