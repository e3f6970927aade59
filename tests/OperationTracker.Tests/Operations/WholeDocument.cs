using System.Globalization;
using System.Text;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>
/// A document with every member that the contract knows, and what is found in it once it was changed.
/// </summary>
internal static class WholeDocument
{
    public const string Whole =
        """
        {"operation_id":"1","occurred_time":"20261120_090000","last_update_time":"20261120_090000","status":"completed",
         "sub_status":"s","request":{"uri":"/a","method":"POST","body":"b"},"response":{"status_code":200,"body":"b"},
         "target_clusters":[{"cluster_id":"1","request":{"uri":"/a","method":"PUT","body":"b"},
           "response":{"status_code":200,"body":"b"}}],
         "rollbacks":{"result":"none","occurred_time":"soon","target_clusters":[
           {"cluster_id":"1","request":{"uri":"/a","method":"DELETE","body":"b"},
            "response":{"status_code":200,"body":"b"}}]},
         "reservation_time":{"at":[1]}}
        """;

    public static DocumentReading Read(string text) => OperationJson.Read(Encoding.UTF8.GetBytes(text));

    public static string[] FaultsOf(string text)
    {
        var (document, faults) = Read(text);
        (document is null).ShouldBe(faults.Count > 0);
        return [.. faults.Select(Line)];
    }

    public static string Line(DocumentFault fault) => $"{fault.Kind} {fault.Path}";

    /// <summary>The whole document changed by pairs of pointer and JSON text; null takes a member away.</summary>
    public static string With(params string?[] changes)
    {
        var document = JsonTree.Parse(Whole);
        var texts = new List<(string Mark, string Json)>();
        for (var i = 0; i < changes.Length; i += 2)
        {
            var segments = JsonPointer.Split(changes[i]!)!;
            var parent = segments.SkipLast(1).Aggregate(document, (tree, segment) => tree.IsObject
                ? tree[segment]!
                : tree.Items[int.Parse(segment, CultureInfo.InvariantCulture)]);
            var mark = $"#{i}#";
            JsonTree? value = changes[i + 1] is null ? null : JsonTree.String(mark);
            if (parent.IsObject)
                parent.Set(segments[^1], value);
            else
                parent.Items[int.Parse(segments[^1], CultureInfo.InvariantCulture)] = value!;
            if (changes[i + 1] is { } json)
                texts.Add(($"\"{mark}\"", json));
        }

        return texts.Aggregate(document.InOrder(), (text, change) =>
            text.Replace(change.Mark, change.Json, StringComparison.Ordinal));
    }
}
