using System.Text;
using System.Text.Json;

namespace OperationTracker.Core.Json;

/// <summary>
/// JSON values as text, in the tracker's own spelling: compact, escapes of <see cref="CanonicalJsonEncoder"/>, number
/// tokens as they stand.
/// </summary>
public static class JsonValueText
{
    /// <summary>
    /// Options of every JSON writer of the tracker. Not validated: the structure comes from our own code.
    /// </summary>
    public static JsonWriterOptions WriterOptions { get; } =
        new() { Encoder = CanonicalJsonEncoder.Instance, SkipValidation = true, MaxDepth = 1000 };

    private static readonly JsonDocumentOptions StrictDocuments =
        new() { AllowDuplicateProperties = false, MaxDepth = 1000 };

    /// <summary>
    /// The value in the tracker's own spelling; null when <paramref name="json"/> is not exactly one JSON value, or
    /// when an object in it has a name twice or a string in it half of a surrogate pair.
    /// </summary>
    public static string? TryNormalize(string? json)
    {
        if (json is null)
            return null;
        try
        {
            using var document = JsonDocument.Parse(json, StrictDocuments);
            return Write(document.RootElement.WriteTo);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // The second is for half of a surrogate pair, which the base library finds only when it unescapes.
            return null;
        }
    }

    /// <summary>
    /// The value with the members of all its objects sorted by name: two values are equal, by the contract's rule,
    /// exactly when these texts are.
    /// </summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static string Canonical(string json)
    {
        if (json.Length > 0 && json[0] is not ('{' or '['))
            return json;
        using var document = JsonDocument.Parse(json, StrictDocuments);
        return Write(writer => WriteSorted(writer, document.RootElement));
    }

    /// <summary>The text that <paramref name="write"/> writes.</summary>
    public static string Write(Action<Utf8JsonWriter> write) =>
        Encoding.UTF8.GetString(JsonBuffer.ToBytes(write, static (writer, action) => action(writer)));

    private static void WriteSorted(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    WriteSorted(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in value.EnumerateArray())
                    WriteSorted(writer, item);
                writer.WriteEndArray();
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
