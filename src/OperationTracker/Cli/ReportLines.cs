using System.Globalization;
using System.Text.Json;
using OperationTracker.Core.Findings;

namespace OperationTracker.Cli;

/// <summary>
/// Findings as lines for people. What a finding lacks is left out; one that cannot be read at all is told.
/// </summary>
internal static class ReportLines
{
    /// <summary>The findings of a page.</summary>
    public static IEnumerable<JsonElement> Of(JsonElement page, string report) =>
        page.TryGetProperty(report == "durations" ? "durations" : "findings", out var findings)
        && findings.ValueKind == JsonValueKind.Array
            ? findings.EnumerateArray()
            : throw Unreadable();

    public static ExitException Unreadable() => new(ExitCodes.Failed, "The server's answer is not a report.");

    /// <summary>A finding, in one line or one for each place.</summary>
    public static IEnumerable<string> Of(JsonElement finding)
    {
        try
        {
            return [.. Lines(finding)];
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Unreadable();
        }
    }

    /// <summary>Adds the counts of a page's state to those of the pages before.</summary>
    public static void Add(JsonElement duration, SortedDictionary<string, DurationHistogram> durations)
    {
        try
        {
            var state = duration.GetProperty("state").GetString()!;
            if (!durations.TryGetValue(state, out var times)) durations.Add(state, times = new DurationHistogram());
            var max = duration.GetProperty("max_seconds").GetDouble();
            foreach (var bucket in duration.GetProperty("buckets").EnumerateArray())
                times.Add(new DurationBucket(bucket[0].GetInt32(), bucket[1].GetInt64()), max);
        }
        catch (Exception wrong) when (
            wrong is InvalidOperationException or KeyNotFoundException or FormatException or IndexOutOfRangeException)
        {
            throw Unreadable();
        }
    }

    public static IEnumerable<string> Of(SortedDictionary<string, DurationHistogram> durations) =>
        durations.Select(state => string.Create(
            CultureInfo.InvariantCulture,
            $"  {state.Key,-10}  {state.Value.Count,9} times  p50 {Text(state.Value.QuantileSeconds(0.5))},"
            + $" p95 {Text(state.Value.QuantileSeconds(0.95))}, longest {Text(state.Value.MaxSeconds)}"));

    private static IEnumerable<string> Lines(JsonElement finding)
    {
        var id = TextOf(finding, "operation_id");
        if (finding.TryGetProperty("places", out var places))
        {
            foreach (var place in places.EnumerateArray())
            {
                var cluster = place.TryGetProperty("cluster_id", out var known) ? $"cluster {known.GetString()}: " : "";
                yield return $"  {id}  {TextOf(finding, "state")}  {cluster}{TextOf(place, "reason")}"
                    + $" ({TextOf(place, "path")})";
            }
        }
        else if (finding.TryGetProperty("executing_since", out var since))
        {
            yield return $"  {id}  executing since {since.GetString()},"
                + $" {Text(finding.GetProperty("seconds").GetDouble())}"
                + $" (bound {Text(finding.GetProperty("bound_seconds").GetDouble())}, {TextOf(finding, "bound")})"
                + $"  {TextOf(finding, "method")} {TextOf(finding, "uri")}";
        }
        else
        {
            yield return $"  {TextOf(finding, "received_time")}  {id}/{finding.GetProperty("version").GetInt64()}"
                + $"  {What(finding)}";
        }
    }

    private static string What(JsonElement finding)
    {
        if (finding.TryGetProperty("first", out var first))
            return $"told {Result(first)}, then {Result(finding.GetProperty("corrected"))}";
        if (finding.TryGetProperty("changed", out var changed))
            return "another " + string.Join(' ', changed.EnumerateArray().Select(place => TextOf(place, "path")));
        return finding.TryGetProperty("reason", out _)
            ? $"{TextOf(finding, "from")} → {TextOf(finding, "to")} refused"
            : TextOf(finding, "kind");
    }

    private static string Result(JsonElement result) =>
        TextOf(result, "state")
        + (result.TryGetProperty("status_code", out var code) ? $" {code.GetRawText()}" : "")
        + $" at {TextOf(result, "received_time")}";

    private static string TextOf(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private static string Text(double seconds) => OperationReplay.Text(TimeSpan.FromSeconds(seconds));
}
