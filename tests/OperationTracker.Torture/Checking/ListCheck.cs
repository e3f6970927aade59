using System.Text.Json.Nodes;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// The list at rest: of all operations that the checkers know, and of those that filters let pass, in one piece and in
/// pages, as ids and as documents without bodies, is what follows from the checkers' own fold.
/// </summary>
internal sealed class ListCheck
{
    private const string Name = "list";
    private const int FiltersAtOnce = 4;

    private static readonly (string Query, Func<JsonObject, bool> Passes)[] Filters =
    [
        ("status=executing", document => Text(document, "status") == "executing"),
        ("status=completed&status=failed", document => Text(document, "status") is "completed" or "failed"),
        ("status=canceled", _ => false),
        ("method=POST", document => Text(document["request"], "method") == "POST"),
        ("method=DELETE", _ => false),
        ("uri=/v1/clus", document => Text(document["request"], "uri").StartsWith("/v1/clus", StringComparison.Ordinal)),
        ("cluster_id=c2", document => HasCluster(document, "c2")),
        ("status=executing&cluster_id=c0",
            document => Text(document, "status") == "executing" && HasCluster(document, "c0")),
        ("occurred_from=20261120_093000", document => IsFrom(document, "occurred_time", "20261120_093000")),
        ("occurred_to=20261120_093000", document => !IsFrom(document, "occurred_time", "20261120_093000")),
        ("updated_from=20261120_091500&updated_to=20261120_094500", document =>
            IsFrom(document, "last_update_time", "20261120_091500")
                && !IsFrom(document, "last_update_time", "20261120_094500")),
    ];

    private readonly Dictionary<string, JsonObject> _known = [];

    /// <summary>The whole list, and some with filters, drawn by lot.</summary>
    public async Task RunAsync(
        RestingReader reader, IEnumerable<StoredStream> streams, Violations violations, CancellationToken cancel)
    {
        foreach (var stream in streams)
            if (stream.Current is { } document) _known[stream.OperationId] = WithoutBodies(document);
        await CompareAsync(reader, "", _ => true, violations, cancel);
        foreach (var (query, passes) in Random.Shared.GetItems(Filters, FiltersAtOnce))
            await CompareAsync(reader, query, passes, violations, cancel);
    }

    /// <summary>What differs between what the list should say and what it said.</summary>
    internal static IEnumerable<string> Differences(IReadOnlyList<string> expected, IReadOnlyList<string> told)
    {
        foreach (var missing in expected.Except(told).Take(1)) yield return $"{missing} is missing";
        foreach (var more in told.Except(expected).Take(1)) yield return $"{more} is in it";
        if (told.Distinct().Count() != told.Count) yield return "something is in it twice";
        else if (expected.ToHashSet().SetEquals(told) && !told.SequenceEqual(expected))
            yield return "its order is another";
    }

    private async Task CompareAsync(
        RestingReader reader, string query, Func<JsonObject, bool> passes, Violations violations,
        CancellationToken cancel)
    {
        var expected = _known.Where(known => passes(known.Value))
            .OrderBy(known => Text(known.Value, "occurred_time"), StringComparer.Ordinal)
            .ThenBy(known => known.Key, StringComparer.Ordinal).ToList();
        string[] ids = [.. expected.Select(known => known.Key)];
        string[] documents = [.. expected.Select(known => $"{known.Key} {Documents.Hash(known.Value)}")];
        Tell($"?{query}", ids, [.. (await PageAsync($"?{query}")).Items.Select(Id)]);
        Tell($"?format=detail-list&{query}", documents,
            [.. (await PageAsync($"?format=detail-list&{query}")).Items.Select(
                item => $"{Id(item)} {Documents.Hash(item)}")]);
        Tell($"?limit=97&{query}, page by page", ids, await ReadPagesAsync());

        void Tell(string list, string[] right, IReadOnlyList<string> told)
        {
            foreach (var difference in Differences(right, told)) violations.Add(Name, $"{list}: {difference}");
        }

        async Task<List<string>> ReadPagesAsync()
        {
            var all = new List<string>();
            for (var token = ""; ;)
            {
                var (items, next) = await PageAsync($"?limit=97&{query}{token}");
                all.AddRange(items.Select(Id));
                if (next is null) return all;
                token = $"&page_token={Uri.EscapeDataString(next)}";
            }
        }

        async Task<(IReadOnlyList<JsonNode> Items, string? Next)> PageAsync(string target)
        {
            var answer = await reader.GetAsync($"/v1/operations{target}", cancel);
            var page = answer.Status == 200 ? JsonNode.Parse(answer.Body)! : new JsonObject();
            if (answer.Status != 200) violations.Add(Name, $"{target} was answered {answer.Status}");
            var items = (page["operation_ids"] ?? page["operations"])?.AsArray() ?? [];
            return (
                [.. items.Where(item => _known.ContainsKey(Id(item!)))!], page["next_page_token"]?.GetValue<string>());
        }
    }

    private static string Id(JsonNode item) =>
        item is JsonObject document ? Text(document, "operation_id") : item.GetValue<string>();

    private static string Text(JsonNode? node, string member) => node?[member]?.GetValue<string>() ?? "";

    private static bool IsFrom(JsonObject document, string member, string time) =>
        string.CompareOrdinal(Text(document, member), time) >= 0;

    private static bool HasCluster(JsonObject document, string id) => new[] { document, document["rollbacks"] }
        .SelectMany(holder => holder?["target_clusters"] as JsonArray ?? [])
        .Any(cluster => Text(cluster, "cluster_id") == id);

    /// <summary>The form of the detailed list; a member of that name which is none of the table's stays.</summary>
    private static JsonObject WithoutBodies(JsonObject document)
    {
        var copy = document.DeepClone().AsObject();
        foreach (var holder in new[] { copy, copy["rollbacks"] }.SelectMany(
            part => part?["target_clusters"] as JsonArray ?? []).Append(copy))
        {
            (holder?["request"] as JsonObject)?.Remove("body");
            (holder?["response"] as JsonObject)?.Remove("body");
        }

        return copy;
    }
}
