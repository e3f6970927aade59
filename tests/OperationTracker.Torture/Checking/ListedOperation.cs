using System.Text.Json.Nodes;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// What the checkers keep of an operation for the list: what filters ask for, and the hash of what the list shows.
/// </summary>
/// <param name="Id">The operation.</param>
/// <param name="OccurredTime">Decides its place.</param>
/// <param name="LastUpdateTime">Of the document.</param>
/// <param name="Status">Of the document.</param>
/// <param name="Method">Of its request.</param>
/// <param name="Uri">Of its request.</param>
/// <param name="Clusters">Those in target_clusters and rollbacks.</param>
/// <param name="Hash">Of the document without bodies, as the detailed list shows it.</param>
internal sealed record ListedOperation(
    string Id, string OccurredTime, string LastUpdateTime, string Status, string Method, string Uri,
    IReadOnlyCollection<string> Clusters, string Hash)
{
    public static ListedOperation Of(string id, JsonObject document) => new(
        id, Text(document, "occurred_time"), Text(document, "last_update_time"),
        string.Intern(Text(document, "status")),
        string.Intern(Text(document["request"], "method")), string.Intern(Text(document["request"], "uri")),
        [.. ClustersOf(document).Select(cluster => string.Intern(Text(cluster, "cluster_id"))).Distinct()],
        Documents.Hash(WithoutBodies(document)));

    public static string Text(JsonNode? node, string member) => node?[member]?.GetValue<string>() ?? "";

    /// <summary>The form of the detailed list; a member of that name which is none of the table's stays.</summary>
    private static JsonObject WithoutBodies(JsonObject document)
    {
        var copy = document.DeepClone().AsObject();
        foreach (var holder in ClustersOf(copy).Append(copy))
        {
            (holder?["request"] as JsonObject)?.Remove("body");
            (holder?["response"] as JsonObject)?.Remove("body");
        }

        return copy;
    }

    private static IEnumerable<JsonNode?> ClustersOf(JsonObject document) =>
        new[] { document, document["rollbacks"] }.SelectMany(holder => holder?["target_clusters"] as JsonArray ?? []);
}
