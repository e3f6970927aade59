using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OperationTracker.Tests.Operations;

/// <summary>
/// JSON as the tests see it, sharing nothing with the product but the base library's parser: members in order, number
/// tokens as text. <see cref="Canonical"/> is the contract's equality, said in another way than the product says it.
/// </summary>
internal sealed class JsonTree
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 1000 };

    private JsonTree(JsonValueKind kind, string text)
    {
        Kind = kind;
        Text = text;
    }

    public JsonValueKind Kind { get; }

    /// <summary>The characters of a string, or the token of a number, a boolean or null.</summary>
    public string Text { get; }

    public List<(string Name, JsonTree Value)> Members { get; } = [];

    public List<JsonTree> Items { get; } = [];

    public bool IsObject => Kind == JsonValueKind.Object;

    public bool IsNull => Kind == JsonValueKind.Null;

    public JsonTree? this[string name] => Members.FirstOrDefault(member => member.Name == name).Value;

    public static JsonTree Null => new(JsonValueKind.Null, "null");

    public static JsonTree String(string text) => new(JsonValueKind.String, text);

    public static JsonTree Number(string token) => new(JsonValueKind.Number, token);

    public static JsonTree Boolean(bool value) =>
        new(value ? JsonValueKind.True : JsonValueKind.False, value ? "true" : "false");

    public static JsonTree Array(params IEnumerable<JsonTree> items)
    {
        var tree = new JsonTree(JsonValueKind.Array, "");
        tree.Items.AddRange(items);
        return tree;
    }

    public static JsonTree Object(params IEnumerable<(string Name, JsonTree Value)> members)
    {
        var tree = new JsonTree(JsonValueKind.Object, "");
        tree.Members.AddRange(members);
        return tree;
    }

    public static JsonTree Parse(ReadOnlyMemory<byte> utf8)
    {
        using var document = JsonDocument.Parse(utf8, Strict);
        return Of(document.RootElement);
    }

    public static JsonTree Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    /// <summary>Sets a member in its place, or at the end where it is new; null takes it away.</summary>
    public void Set(string name, JsonTree? value)
    {
        var index = Members.FindIndex(member => member.Name == name);
        if (index >= 0 && value is null)
            Members.RemoveAt(index);
        else if (index >= 0)
            Members[index] = (name, value!);
        else if (value is not null)
            Members.Add((name, value));
    }

    public JsonTree Clone()
    {
        var copy = new JsonTree(Kind, Text);
        copy.Members.AddRange(Members.Select(member => (member.Name, member.Value.Clone())));
        copy.Items.AddRange(Items.Select(item => item.Clone()));
        return copy;
    }

    /// <summary>This value and all below it.</summary>
    public IEnumerable<JsonTree> All() => Members.Select(member => member.Value).Concat(Items)
        .SelectMany(child => child.All()).Prepend(this);

    /// <summary>JSON text that two values share when they are equal, whatever the order of their members.</summary>
    public string Canonical() => Print(sorted: true);

    /// <summary>JSON text that two values share when they are equal and their members stand in one order.</summary>
    public string InOrder() => Print(sorted: false);

    public override string ToString() => InOrder();

    private static JsonTree Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => Object(element.EnumerateObject().Select(member => (member.Name, Of(member.Value)))),
        JsonValueKind.Array => Array(element.EnumerateArray().Select(Of)),
        JsonValueKind.String => String(element.GetString()!),
        _ => new JsonTree(element.ValueKind, element.GetRawText()),
    };

    private string Print(bool sorted)
    {
        var text = new StringBuilder();
        Print(text, sorted);
        return text.ToString();
    }

    private void Print(StringBuilder text, bool sorted)
    {
        if (Kind == JsonValueKind.String)
        {
            Quote(text, Text);
        }
        else if (Kind == JsonValueKind.Object)
        {
            var separator = "{";
            var members = sorted
                ? Members.OrderBy(member => member.Name, StringComparer.Ordinal)
                : Members.AsEnumerable();
            foreach (var (name, value) in members)
            {
                Quote(text.Append(separator), name);
                value.Print(text.Append(':'), sorted);
                separator = ",";
            }

            text.Append(Members.Count == 0 ? "{}" : "}");
        }
        else if (Kind == JsonValueKind.Array)
        {
            var separator = "[";
            foreach (var item in Items)
            {
                item.Print(text.Append(separator), sorted);
                separator = ",";
            }

            text.Append(Items.Count == 0 ? "[]" : "]");
        }
        else
        {
            text.Append(Text);
        }
    }

    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var unit in value)
        {
            if (unit is >= ' ' and not ('"' or '\\'))
                text.Append(unit);
            else
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
        }

        text.Append('"');
    }
}
