using System.Globalization;
using OperationTracker.Tests.Operations;

namespace OperationTracker.Tests.History;

/// <summary>RFC 6902 as its reader understands it, sharing nothing with the product.</summary>
internal static class PatchApplier
{
    public static JsonTree Apply(JsonTree root, string op, string path, string? json)
    {
        var segments = path.Split('/').Skip(1).Select(part => part.Replace("~1", "/").Replace("~0", "~")).ToArray();
        var value = json is null ? null : JsonTree.Parse(json);
        if (segments.Length == 0)
            return value!;
        var parent = segments[..^1].Aggregate(root, (node, name) =>
            node.IsObject ? node[name].ShouldNotBeNull() : node.Items[Index(name)]);
        var last = segments[^1];
        if (parent.IsObject)
        {
            (parent[last] is not null).ShouldBe(op != "add", $"{op} {path}");
            parent.Set(last, value);
        }
        else if (op == "add")
        {
            parent.Items.Insert(last == "-" ? parent.Items.Count : Index(last), value!);
        }
        else if (op == "remove")
        {
            parent.Items.RemoveAt(Index(last));
        }
        else
        {
            parent.Items[Index(last)] = value!;
        }

        return root;
    }

    private static int Index(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
