using System.Globalization;
using System.Text.Json;

namespace OperationTracker.Torture.Hostile;

/// <summary>What the contract forbids of sound JSON, written anew from its text.</summary>
internal static class JsonBounds
{
    private const int Depth = 31;
    private const int Nodes = 9_900;
    private const int NumberLength = 64;
    private const int Exponent = 308;

    /// <summary>
    /// Duplicate members, U+0000, half of a surrogate pair, a number that is too long or too large, too many levels or
    /// values.
    /// </summary>
    public static bool Forbid(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1000 });
        var nodes = 0;
        return Forbids(document.RootElement, 1, ref nodes) || nodes > Nodes;
    }

    private static bool Forbids(JsonElement value, int depth, ref int nodes)
    {
        nodes++;
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var names = new HashSet<string>();
                foreach (var member in value.EnumerateObject())
                    if (!IsText(member.Name) || !names.Add(member.Name)
                        || Forbids(member.Value, depth + 1, ref nodes)) return true;
                return depth > Depth;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    if (Forbids(item, depth + 1, ref nodes)) return true;
                return depth > Depth;
            case JsonValueKind.String:
                try
                {
                    return !IsText(value.GetString()!);
                }
                catch (InvalidOperationException)
                {
                    return true;
                }

            case JsonValueKind.Number:
                var text = value.GetRawText();
                var e = text.IndexOfAny(['e', 'E']);
                return text.Length > NumberLength
                    || (e > 0 && !(long.TryParse(text[(e + 1)..], CultureInfo.InvariantCulture, out var exponent)
                        && Math.Abs(exponent) <= Exponent));
            default:
                return false;
        }
    }

    private static bool IsText(string text) => !text.Contains('\0', StringComparison.Ordinal);
}
