using System.CommandLine;
using System.Text.Json;

namespace OperationTracker.Cli;

/// <summary>
/// <c>optrack list</c>: for people a table that grows page by page, for programs the tracker's own bytes as they come.
/// Neither holds more than a page, however long the list is.
/// </summary>
internal static class ListCommand
{
    /// <summary>The contract's largest page: fewest round trips, and still small in memory without bodies.</summary>
    private const int PageSize = 1_000;

    private const int ChunkSize = 64 * 1024;

    public static Command Build()
    {
        var limit = NumberOption.Between("--limit", 1, PageSize, "COUNT", "One page of at most so many.");
        var pageToken = new Option<string?>("--page-token")
        {
            Description = "Go on where an earlier page with the same filters ended.",
            HelpName = "TOKEN",
        };
        var json = new Option<bool>("--json") { Description = "Print the tracker's answer as it comes." };
        var detail = new Option<bool>("--detail") { Description = "With --json: documents instead of ids." };

        var command = new Command("list", "Lists operations, oldest first.") { limit, pageToken, json, detail };
        var filter = ListFilter.AddTo(command);
        var source = EventSourceOptions.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            var terminal = new Terminal(parsed.InvocationConfiguration);
            using var client = await source.ConnectAsync(parsed, operationId: null, token);
            var question = new ListQuestion(
                [.. filter.Parameters(parsed)],
                parsed.GetResult(limit) is null ? null : parsed.GetValue(limit),
                parsed.GetValue(pageToken));
            return parsed.GetValue(json)
                ? await CopyAsync(client, question, parsed.GetValue(detail), terminal, token)
                : await ShowAsync(client, question, terminal, token);
        });
        return command;
    }

    private static async Task<int> CopyAsync(
        TrackerClient client, ListQuestion question, bool detail, Terminal terminal, CancellationToken token)
    {
        var answer = await client.AskAsync(
            client.ListRequest(question.Query(detail, question.Limit, question.PageToken)),
            async (body, stillAlive, limited) =>
            {
                var chunk = new byte[ChunkSize];
                int length;
                while (!BrokenPipe.HasHappened() && (length = await body.ReadAsync(chunk, limited)) > 0)
                {
                    stillAlive();
                    await terminal.WriteBytesAsync(chunk.AsMemory(0, length), token);
                }
            },
            token);
        if (!answer.IsSuccess) return TrackerError.Explain(answer, terminal);
        if (terminal.IsTerminal) terminal.WriteLine("");
        return ExitCodes.Done;
    }

    private static async Task<int> ShowAsync(
        TrackerClient client, ListQuestion question, Terminal terminal, CancellationToken token)
    {
        var table = new OperationTable(terminal);
        var next = question.PageToken;
        do
        {
            var query = question.Query(detail: true, question.Limit ?? PageSize, next);
            var (answer, page) = await AskPageAsync(client, query, token);
            if (page is null) return TrackerError.Explain(answer, terminal);
            table.Add(page.Operations);

            if (next is not null && page.NextPageToken == next)
                throw new ExitException(ExitCodes.Failed, "The server's pages go round in a circle.");
            next = page.NextPageToken;
        }
        while (next is not null && question.Limit is null && !BrokenPipe.HasHappened());

        if (next is not null && question.Limit is not null) terminal.Say($"There is more: --page-token {next}");
        return ExitCodes.Done;
    }

    private static async Task<(TrackerAnswer, ListPage?)> AskPageAsync(
        TrackerClient client, string query, CancellationToken token)
    {
        ListPage? page = null;
        try
        {
            var answer = await client.AskAsync(
                client.ListRequest(query),
                async (body, _, limited) =>
                    page = await JsonSerializer.DeserializeAsync(body, TrackerJson.Default.ListPage, limited),
                token);
            if (answer.IsSuccess && page?.Operations is null) throw new JsonException();
            return (answer, page);
        }
        catch (JsonException)
        {
            throw new ExitException(ExitCodes.Failed, "The server's answer is not a list of operations.");
        }
    }
}

/// <summary>What was asked for on the command line.</summary>
internal sealed record ListQuestion(
    IReadOnlyList<(string Name, string Value)> Filters, int? Limit, string? PageToken)
{
    public string Query(bool detail, int? limit, string? pageToken)
    {
        var parameters = new List<(string Name, string Value)>();
        if (detail) parameters.Add(("format", "detail-list"));
        parameters.AddRange(Filters);
        if (limit is not null) parameters.Add(("limit", $"{limit}"));
        if (pageToken is not null) parameters.Add(("page_token", pageToken));
        var pairs = parameters.Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value)}");
        return parameters.Count == 0 ? "" : "?" + string.Join('&', pairs);
    }
}
