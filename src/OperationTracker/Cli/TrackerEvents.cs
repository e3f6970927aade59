using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OperationTracker.Cli;

/// <summary>One page of events, of an operation or of the log.</summary>
internal sealed record EventsPage(IReadOnlyList<JsonElement> Events, long NextAfter, bool AtEnd);

/// <summary>
/// Reads events of a tracker over HTTP, page by page as they are used: of one operation by version, of the log by
/// position.
/// </summary>
internal sealed class TrackerEvents(TrackerClient client) : IEventSource
{
    /// <summary>
    /// Events of one answer: few round trips, and small in memory; the tracker sends fewer where they are large.
    /// </summary>
    private const string PageSize = "500";

    public IAsyncEnumerable<ReportedEvent> OfOperationAsync(string operationId, long after, CancellationToken token) =>
        ReadAsync(next => client.Question(operationId, "/events", ("after", next), ("limit", PageSize)), after, token);

    public IAsyncEnumerable<ReportedEvent> OfLogAsync(string? from, string? to, CancellationToken token) =>
        ReadAsync(
            next => client.LogRequest(("after", next), ("limit", PageSize), ("from", from), ("to", to)), 0, token);

    public void Dispose() => client.Dispose();

    private async IAsyncEnumerable<ReportedEvent> ReadAsync(
        Func<string, HttpRequestMessage> request, long after, [EnumeratorCancellation] CancellationToken token)
    {
        EventsPage page;
        do
        {
            var answer = await client.AskAsync(request($"{after}"), token);
            if (answer.Status != HttpStatusCode.OK) throw new AnsweredErrorException(answer);
            page = Parse(answer.Body);
            foreach (var item in page.Events) yield return ReportedEvent.Of(item);
            if (!page.AtEnd && page.NextAfter <= after)
                throw new ExitException(ExitCodes.Failed, "The server's pages go round in a circle.");
            after = page.NextAfter;
        }
        while (!page.AtEnd && !BrokenPipe.HasHappened());
    }

    private static EventsPage Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, TrackerJson.Default.EventsPage) is { Events: not null } page
                ? page : throw new JsonException();
        }
        catch (JsonException)
        {
            throw ReportedEvent.Unreadable();
        }
    }
}

/// <summary>An error that a tracker answered while its pages were read.</summary>
internal sealed class AnsweredErrorException(TrackerAnswer answer) : Exception
{
    public TrackerAnswer Answer { get; } = answer;
}
