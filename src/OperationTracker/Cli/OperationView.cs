using System.Text.Json;
using System.Text.RegularExpressions;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OperationTracker.Cli;

/// <summary>
/// A document as a person reads it. Bodies of requests may hold device passwords and are not shown, only measured;
/// <c>--json</c> has them. Whatever the document holds is shown as text: a member of another type than the contract's
/// appears as its JSON, and nothing fails.
/// </summary>
internal static partial class OperationView
{
    /// <summary>Longer texts (error bodies, finer states) are cut; a screen is for an overview.</summary>
    private const int TextLimit = 400;

    private static readonly string[] Shown =
    [
        "operation_id", "occurred_time", "last_update_time", "status", "sub_status", "request", "response",
        "target_clusters", "rollbacks",
    ];

    public static IRenderable Of(JsonElement document, string? etag)
    {
        var facts = Facts();
        Add(facts, "Operation", TextOf(document, "operation_id"));
        var status = TextOf(document, "status");
        facts.AddRow(new Text("Status"), Line(status, StatusStyle.Of(status)));
        Add(facts, "Occurred", TextOf(document, "occurred_time"));
        Add(facts, "Last update", TextOf(document, "last_update_time"));
        if (Has(document, "sub_status")) Add(facts, "Sub status", TextOf(document, "sub_status"));
        Add(facts, "Request", RequestLine(document, withBody: true));
        Add(facts, "Response", ResponseLine(document));
        foreach (var member in Members(document).Where(member => !Shown.Contains(member.Name)))
            Add(facts, member.Name, TextOf(member.Value));
        Add(facts, "ETag", etag ?? "not given");

        var parts = new List<IRenderable> { facts };
        if (HasItems(document, "target_clusters")) parts.AddRange(ClusterSection("Clusters", document));
        if (Has(document, "rollbacks")) parts.AddRange(RollbackSection(document.GetProperty("rollbacks")));
        return new Rows(parts);
    }

    private static IEnumerable<IRenderable> RollbackSection(JsonElement rollbacks)
    {
        var heading = $"Rollback {TextOf(rollbacks, "result")}, started {TextOf(rollbacks, "occurred_time")}";
        return HasItems(rollbacks, "target_clusters")
            ? ClusterSection(heading, rollbacks)
            : [Text.Empty, Line(heading, Style.Plain)];
    }

    private static IEnumerable<IRenderable> ClusterSection(string heading, JsonElement parent)
    {
        var table = new Table().Border(TableBorder.None).AddColumns(
            Column("  cluster_id"), Column("request"), Column("answer"));
        foreach (var cluster in parent.GetProperty("target_clusters").EnumerateArray())
            table.AddRow(
                Line("  " + TextOf(cluster, "cluster_id"), Style.Plain),
                Line(RequestLine(cluster, withBody: false), Style.Plain),
                Line(ResponseLine(cluster), Style.Plain));
        return [Text.Empty, Line(heading, Style.Plain), table];
    }

    private static string RequestLine(JsonElement parent, bool withBody)
    {
        if (!Has(parent, "request")) return "none";
        var request = parent.GetProperty("request");
        var line = $"{TextOf(request, "method")} {TextOf(request, "uri")}";
        return withBody ? $"{line} (body: {TextOf(request, "body").Length} characters)" : line;
    }

    private static string ResponseLine(JsonElement parent)
    {
        if (!Has(parent, "response")) return "no answer";
        var response = parent.GetProperty("response");
        if (Members(response).Length == 0) return "no answer";
        return $"{TextOf(response, "status_code")} {TextOf(response, "body")}".Trim();
    }

    private static TableColumn Column(string name) => new TableColumn(name).Padding(0, 0, 2, 0);

    private static Grid Facts()
    {
        var grid = new Grid();
        grid.AddColumn(new GridColumn().NoWrap().Padding(0, 0, 2, 0));
        grid.AddColumn(new GridColumn().Padding(0, 0, 0, 0));
        return grid;
    }

    private static void Add(Grid facts, string name, string value) =>
        facts.AddRow(Line(name, Style.Plain), Line(value, Style.Plain));

    /// <summary>Indented JSON within a text would show an escape for each line break; one space reads better.</summary>
    private static Text Line(string text, Style style) =>
        new(PlainText.Escape(IndentedBreak().Replace(PlainText.Cut(text, TextLimit), " ")), style);

    [GeneratedRegex(@"\r?\n *")]
    private static partial Regex IndentedBreak();

    private static JsonProperty[] Members(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object ? [.. element.EnumerateObject()] : [];

    private static bool Has(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object
        && parent.TryGetProperty(name, out var value)
        && value.ValueKind != JsonValueKind.Null;

    private static bool HasItems(JsonElement parent, string name) =>
        Has(parent, name)
        && parent.GetProperty(name) is { ValueKind: JsonValueKind.Array } items
        && items.GetArrayLength() > 0;

    private static string TextOf(JsonElement parent, string name) =>
        Has(parent, name) ? TextOf(parent.GetProperty(name)) : "";

    private static string TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String) return value.GetRawText();
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: no text, but its escape can be shown.
            return value.GetRawText();
        }
    }
}
