using System.CommandLine;
using System.Net;
using System.Text.Json;
using OperationTracker.Core.Findings;

namespace OperationTracker.Cli;

/// <summary>
/// <c>optrack report</c>: what an operator should look at. Without a name, all reports one after the other.
/// </summary>
internal sealed class ReportCommand
{
    private static readonly string[] Names =
        ["stuck", "inconsistent", "corrected", "clashes", "refused", "foreign", "durations"];

    private readonly Argument<string?> name = new("NAME")
    {
        Description = string.Join(", ", Names) + "; all without one.", Arity = ArgumentArity.ZeroOrOne,
        HelpName = "NAME",
    };

    private readonly Option<string?> from = new("--from")
    {
        Description = $"Findings in the log since this instant. {MomentOptions.InstantHelp}", HelpName = "INSTANT",
    };

    private readonly Option<string?> to = new("--to")
    {
        Description = "Findings in the log before this instant.", HelpName = "INSTANT",
    };

    private readonly Option<long> longerThan = NumberOption.Between(
        "--longer-than", 1, 1_000_000_000L, "SECONDS",
        "Stuck is what is executing for longer. Without it, for longer than 95 of 100 of its kind were.");

    private readonly Option<bool> json = new("--json") { Description = "Print the findings as they came, one a line." };

    public static Command Build()
    {
        var report = new ReportCommand();
        report.name.AcceptOnlyFromAmong(Names);
        var command = new Command(
            "report", "Shows what should be looked at: stuck operations, corrected results and more.")
        {
            report.name, report.from, report.to, report.longerThan, report.json,
        };
        var source = EventSourceOptions.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            var terminal = new Terminal(parsed.InvocationConfiguration);
            using var client = await source.ConnectAsync(parsed, operationId: null, token);
            var names = parsed.GetValue(report.name) is { } one ? [one] : Names;
            foreach (var item in names)
            {
                if (names.Length > 1 && !parsed.GetValue(report.json)) terminal.WriteLine($"{item}:");
                if (await report.RunAsync(parsed, client, item, terminal, token) is { } refused)
                    return TrackerError.Explain(refused, terminal);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    /// <returns>The tracker's answer, where it was an error.</returns>
    private async Task<TrackerAnswer?> RunAsync(
        ParseResult parsed, TrackerClient client, string report, Terminal terminal, CancellationToken token)
    {
        var bound = parsed.GetResult(longerThan) is null || report != "stuck" ? null : $"{parsed.GetValue(longerThan)}";
        var isOfLog = report is not ("stuck" or "inconsistent");
        var durations = new SortedDictionary<string, DurationHistogram>(StringComparer.Ordinal);
        (string Name, string? Value) next = ("after", isOfLog ? "0" : null);
        bool isMore;
        do
        {
            var answer = await client.AskAsync(
                client.ReportRequest(
                    report, next, ("limit", report == "durations" ? null : "500"), ("longer_than", bound),
                    ("from", isOfLog ? parsed.GetValue(from) : null), ("to", isOfLog ? parsed.GetValue(to) : null)),
                token);
            if (answer.Status != HttpStatusCode.OK) return answer;
            using var page = Parse(answer.Body);
            var last = next;
            (isMore, next) = Next(page.RootElement);
            if (isMore && next == last)
                throw new ExitException(ExitCodes.Failed, "The server's pages go round in a circle.");
            foreach (var finding in ReportLines.Of(page.RootElement, report))
            {
                if (parsed.GetValue(json)) terminal.WriteLine(finding.GetRawText());
                else if (report == "durations") ReportLines.Add(finding, durations);
                else
                    foreach (var line in ReportLines.Of(finding)) terminal.WriteLine(line);
            }
        }
        while (isMore && !BrokenPipe.HasHappened());

        foreach (var line in ReportLines.Of(durations)) terminal.WriteLine(line);
        return null;
    }

    private static (bool IsMore, (string Name, string? Value) Next) Next(JsonElement page)
    {
        if (page.TryGetProperty("next_page_token", out var token)) return (true, ("page_token", token.GetString()));
        return page.TryGetProperty("at_end", out var end) && end.ValueKind == JsonValueKind.False
            ? (true, ("after", page.GetProperty("next_after").GetRawText()))
            : (false, ("after", null));
    }

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            var page = JsonDocument.Parse(body);
            return page.RootElement.ValueKind == JsonValueKind.Object ? page : throw new JsonException();
        }
        catch (JsonException)
        {
            throw ReportLines.Unreadable();
        }
    }
}
