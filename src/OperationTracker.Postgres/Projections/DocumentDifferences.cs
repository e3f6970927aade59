using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OperationTracker.Postgres.Projections;

/// <summary>Where two documents differ: the deepest places, objects by member, arrays by index.</summary>
internal static class DocumentDifferences
{
    /// <summary>Differences told of one document: enough to see what is going on.</summary>
    private const int Most = 1_000;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 1_000 };

    public static IReadOnlyList<MemberDifference> Of(byte[] stored, byte[] folded)
    {
        var found = new List<MemberDifference>();
        using var right = JsonDocument.Parse(folded, Options);
        try
        {
            using var left = JsonDocument.Parse(stored, Options);
            Compare(new StringBuilder(), left.RootElement, right.RootElement, found);
            // The same values in another order, or written otherwise.
            if (found.Count == 0)
                found.Add(new MemberDifference("", Encoding.UTF8.GetString(stored), Encoding.UTF8.GetString(folded)));
        }
        catch (JsonException)
        {
            found.Add(new MemberDifference("", Encoding.UTF8.GetString(stored), Encoding.UTF8.GetString(folded)));
        }

        return found;
    }

    private static void Compare(
        StringBuilder path, JsonElement? stored, JsonElement? folded, List<MemberDifference> found)
    {
        if (found.Count >= Most)
            return;
        if (stored is { ValueKind: JsonValueKind.Object } leftObject
            && folded is { ValueKind: JsonValueKind.Object } rightObject)
            CompareMembers(path, Members(leftObject), Members(rightObject), found);
        else if (stored is { ValueKind: JsonValueKind.Array } leftArray
            && folded is { ValueKind: JsonValueKind.Array } rightArray)
            CompareMembers(path, Elements(leftArray), Elements(rightArray), found);
        else if (stored?.GetRawText() != folded?.GetRawText())
            found.Add(new MemberDifference(path.ToString(), stored?.GetRawText(), folded?.GetRawText()));
    }

    private static void CompareMembers(
        StringBuilder path, Dictionary<string, JsonElement> stored, Dictionary<string, JsonElement> folded,
        List<MemberDifference> found)
    {
        foreach (var name in stored.Keys.Union(folded.Keys))
        {
            var length = path.Length;
            path.Append('/').Append(
                name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal));
            Compare(
                path, stored.TryGetValue(name, out var left) ? left : null,
                folded.TryGetValue(name, out var right) ? right : null,
                found);
            path.Length = length;
        }
    }

    /// <summary>A name that comes twice counts once; the texts differ in any case.</summary>
    private static Dictionary<string, JsonElement> Members(JsonElement element)
    {
        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
            members[member.Name] = member.Value;
        return members;
    }

    private static Dictionary<string, JsonElement> Elements(JsonElement element) => element.EnumerateArray()
        .Select((item, index) => (Index: index.ToString(CultureInfo.InvariantCulture), item))
        .ToDictionary(pair => pair.Index, pair => pair.item, StringComparer.Ordinal);
}
