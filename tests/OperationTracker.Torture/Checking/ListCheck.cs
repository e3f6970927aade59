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

    private static readonly (string Query, Func<ListedOperation, bool> Passes)[] Filters =
    [
        ("status=executing", operation => operation.Status == "executing"),
        ("status=completed&status=failed", operation => operation.Status is "completed" or "failed"),
        ("status=canceled", _ => false),
        ("method=POST", operation => operation.Method == "POST"),
        ("method=DELETE", _ => false),
        ("uri=/v1/clus", operation => operation.Uri.StartsWith("/v1/clus", StringComparison.Ordinal)),
        ("cluster_id=c2", operation => operation.Clusters.Contains("c2")),
        ("status=executing&cluster_id=c0",
            operation => operation.Status == "executing" && operation.Clusters.Contains("c0")),
        ("occurred_from=20261120_093000", operation => IsFrom(operation.OccurredTime, "20261120_093000")),
        ("occurred_to=20261120_093000", operation => !IsFrom(operation.OccurredTime, "20261120_093000")),
        ("updated_from=20261120_091500&updated_to=20261120_094500", operation =>
            IsFrom(operation.LastUpdateTime, "20261120_091500")
                && !IsFrom(operation.LastUpdateTime, "20261120_094500")),
    ];

    private readonly Dictionary<string, ListedOperation> _known = [];

    /// <summary>Adds operations as they stand, to be looked for.</summary>
    public void Know(IEnumerable<StoredStream> streams)
    {
        foreach (var stream in streams)
            if (stream.Current is { } document)
                _known[stream.OperationId] = ListedOperation.Of(stream.OperationId, document);
    }

    /// <summary>The whole list, and some with filters, drawn by lot.</summary>
    public async Task RunAsync(RestingReader reader, Violations violations, CancellationToken cancel)
    {
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
        RestingReader reader, string query, Func<ListedOperation, bool> passes, Violations violations,
        CancellationToken cancel)
    {
        var expected = _known.Values.Where(passes)
            .OrderBy(operation => operation.OccurredTime, StringComparer.Ordinal)
            .ThenBy(operation => operation.Id, StringComparer.Ordinal).ToList();
        string[] ids = [.. expected.Select(operation => operation.Id)];
        string[] documents = [.. expected.Select(operation => $"{operation.Id} {operation.Hash}")];
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
        item is JsonObject document ? ListedOperation.Text(document, "operation_id") : item.GetValue<string>();

    private static bool IsFrom(string time, string from) => string.CompareOrdinal(time, from) >= 0;
}
