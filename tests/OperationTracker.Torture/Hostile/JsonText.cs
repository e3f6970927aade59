using System.Text.Json;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// Documents compared as the contract has it, without a line of the product: equal when they differ at most in the
/// order of members, numbers compared as the text they were written in.
/// </summary>
internal static class JsonText
{
    /// <summary>Where two documents first differ; null when they are equal.</summary>
    public static string? Difference(ReadOnlyMemory<byte> one, ReadOnlyMemory<byte> other)
    {
        using var left = JsonDocument.Parse(WithoutMark(one), Options);
        using var right = JsonDocument.Parse(WithoutMark(other), Options);
        return Difference(left.RootElement, right.RootElement, "");
    }

    /// <summary>The names of an object's members, in their order.</summary>
    public static string[] Members(JsonElement value) => [.. value.EnumerateObject().Select(member => member.Name)];

    private static JsonDocumentOptions Options => new() { MaxDepth = 128 };

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> text) =>
        text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text;

    private static string? Difference(JsonElement one, JsonElement other, string path)
    {
        if (one.ValueKind != other.ValueKind) return $"{path}: {one.ValueKind} and {other.ValueKind}";
        switch (one.ValueKind)
        {
            case JsonValueKind.Object:
                var members = other.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);
                if (members.Count != one.EnumerateObject().Count()) return $"{path}: other members";
                return one.EnumerateObject().Select(member => members.TryGetValue(member.Name, out var value)
                    ? Difference(member.Value, value, $"{path}/{member.Name}")
                    : $"{path}/{member.Name}: only in one").FirstOrDefault(fault => fault is not null);
            case JsonValueKind.Array:
                if (one.GetArrayLength() != other.GetArrayLength()) return $"{path}: other lengths";
                return one.EnumerateArray().Zip(other.EnumerateArray())
                    .Select((pair, index) => Difference(pair.First, pair.Second, $"{path}/{index}"))
                    .FirstOrDefault(fault => fault is not null);
            case JsonValueKind.String:
                return one.GetString() == other.GetString() ? null : $"{path}: other text";
            default:
                return one.GetRawText() == other.GetRawText() ? null : $"{path}: {one} and {other}";
        }
    }
}
