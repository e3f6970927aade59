using System.Globalization;
using System.Text.Json.Nodes;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// The past of single operations at rest: each event once and in order in <c>/events</c>, and at each version and
/// instant the document that the checkers' own fold gives there, with the ETag of then. Some operations and changes,
/// drawn by lot.
/// </summary>
internal static class HistoryCheck
{
    private const string Name = "history";
    private const int Operations = 12;
    private const int ChangesEach = 6;

    public static async Task RunAsync(
        RestingReader reader, IReadOnlyList<StoredStream> streams, Violations violations, CancellationToken cancel)
    {
        if (streams.Count == 0) return;
        foreach (var stream in Random.Shared.GetItems(streams.ToArray(), Operations))
        {
            await CheckEventsAsync(reader, stream, violations, cancel);
            foreach (var change in Random.Shared.GetItems(stream.Changes.ToArray(), ChangesEach))
                await CheckChangeAsync(reader, stream, change, violations, cancel);
        }
    }

    private static async Task CheckEventsAsync(
        RestingReader reader, StoredStream stream, Violations violations, CancellationToken cancel)
    {
        var told = new List<string>();
        for (var (after, atEnd) = (0L, false); !atEnd;)
        {
            var answer = await reader.GetAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"/v1/operations/{stream.OperationId}/events?after={after}&limit=100"), cancel);
            if (answer.Status != 200) break;
            var page = JsonNode.Parse(answer.Body)!;
            told.AddRange(page["events"]!.AsArray().Select(item => $"{item!["version"]} {item["kind"]}"));
            (after, atEnd) = (page["next_after"]!.GetValue<long>(), page["at_end"]!.GetValue<bool>());
        }

        var expected = stream.Kinds.Select(
            (kind, index) => string.Create(CultureInfo.InvariantCulture, $"{index + 1} {kind}"));
        if (!told.SequenceEqual(expected))
            violations.Add(Name, $"{stream.OperationId}: /events tells other events than stand");
    }

    private static async Task CheckChangeAsync(
        RestingReader reader, StoredStream stream, StoredChange change, Violations violations, CancellationToken cancel)
    {
        var target = $"/v1/operations/{stream.OperationId}";
        var atVersion = string.Create(CultureInfo.InvariantCulture, $"{target}?version={change.Last}");
        Compare(atVersion, await reader.GetAsync(atVersion, cancel), stream, change, violations);
        // What came at the instant itself counts, the last of it.
        var then = stream.Changes.Last(other => other.At <= change.At);
        var instant = change.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        Compare(
            $"{target}?at={instant}", await reader.GetAsync($"{target}?at={instant}", cancel), stream, then,
            violations);
        if (change.Last == change.First) return;
        var within = string.Create(CultureInfo.InvariantCulture, $"{target}?version={change.First}");
        var answer = await reader.GetAsync(within, cancel);
        var whole = string.Create(CultureInfo.InvariantCulture, $"{change.First}-{change.Last}");
        if (answer.Headers.GetValueOrDefault("Operation-Change") != whole || answer.ETag is not null)
            violations.Add(Name, $"{within} does not say that it is within the change {whole}");
    }

    internal static void Compare(
        string target, HttpAnswer answer, StoredStream stream, StoredChange change, Violations violations)
    {
        if (answer.Status != 200) violations.Add(Name, $"{target} was answered {answer.Status}");
        else if (answer.Version != stream.DocumentVersionAt(change.Last))
            violations.Add(Name, $"{target} has the ETag {answer.ETag}");
        else if (Documents.Hash(JsonNode.Parse(answer.Body)) != change.Document)
            violations.Add(Name, $"{target} is not the document of then");
    }
}
