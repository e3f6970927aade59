using System.Text.Json;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET /v1/reports/refused</c>, <c>corrected</c>, <c>clashes</c> and <c>foreign</c>: findings that stand in single
/// events of the log, in pages by position. Each request looks at a bounded piece and says how far it came.
/// </summary>
internal sealed class LogReports(LogSearch log, OperationHistory history, InstantReader instants, TimeProvider clock)
{
    /// <summary>How long one answer folds streams to say what was told first.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public Task RefusedAsync(HttpContext context) => AnswerAsync(
        context, query => query with { Kinds = [LogFindings.RefusedKind] }, (item, _) => Task.FromResult(
            item.Event is UpdateRefused refused
                ? writer =>
                {
                    writer.WriteString("from", refused.From.ToText());
                    writer.WriteString("to", refused.To.ToText());
                    writer.WriteString("reason", ChangeHeaders.Printable(refused.Reason));
                }
                : (Action<Utf8JsonWriter>?)null));

    public Task ClashesAsync(HttpContext context) => AnswerAsync(
        context, query => query with { Kinds = [LogFindings.AmendedKind] }, (item, _) => Task.FromResult(
            LogFindings.Clash(item.Event) is { Count: > 0 } changed
                ? writer => EventWriter.WriteChanged(writer, changed)
                : (Action<Utf8JsonWriter>?)null));

    public Task ForeignAsync(HttpContext context) => AnswerAsync(
        context, query => query with { ForeignOnly = true },
        (_, _) => Task.FromResult<Action<Utf8JsonWriter>?>(_ => { }));

    public Task CorrectedAsync(HttpContext context) => AnswerAsync(
        context, query => query with { Kinds = [LogFindings.CorrectedKind] }, async (item, cancel) =>
            await LogFindings.CorrectedAsync(history, item, cancel) is { } result
                ? writer =>
                {
                    Write(writer, "first", result.First);
                    Write(writer, "corrected", result.Corrected);
                }
                : null);

    /// <param name="context">The request and its answer.</param>
    /// <param name="narrow">Which events may hold such findings.</param>
    /// <param name="find">What the finding in an event says besides the event itself; null when there is none.</param>
    private async Task AnswerAsync(
        HttpContext context, Func<EventLogQuery, EventLogQuery> narrow,
        Func<StoredEvent, CancellationToken, Task<Action<Utf8JsonWriter>?>> find)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var faults = new List<DocumentFault>();
        var reader = new QueryReader(context.Request.QueryString, faults);
        var asked = EventPage.Read(reader);
        var (from, to) = (reader.Instant("from", instants), reader.Instant("to", instants));
        if (faults.Count > 0)
        {
            await ApiErrors.WriteAsync(context, faults);
            return;
        }

        var query = new EventLogQuery(asked.After, asked.Limit) { From = from?.Ceiling, To = to?.Ceiling };
        var page = await log.FindAsync(narrow(query), context.RequestAborted);
        var begin = clock.GetTimestamp();
        var findings = new List<(StoredEvent Event, Action<Utf8JsonWriter> Write)>();
        var (next, atEnd) = (page.NextAfter, page.AtEnd);
        foreach (var item in page.Events)
        {
            if (await find(item, context.RequestAborted) is { } write)
                findings.Add((item, write));
            if (clock.GetElapsedTime(begin) > Patience && item.Position < next && item != page.Events[^1])
            {
                (next, atEnd) = (item.Position, false);
                break;
            }
        }

        await EventPage.WriteAsync(context, next, atEnd, "findings", writer =>
        {
            foreach (var (item, write) in findings)
                Write(writer, item, write);
        });
    }

    private static void Write(Utf8JsonWriter writer, StoredEvent item, Action<Utf8JsonWriter> write)
    {
        writer.WriteStartObject();
        writer.WriteString("operation_id", item.StreamId);
        writer.WriteNumber("version", item.Version);
        writer.WriteNumber("position", item.Position);
        writer.WriteString("kind", item.Type);
        writer.WriteString("received_time", EventWriter.Text(item.Timestamp));
        EventWriter.WriteSender(writer, item, EventOrigin.Of(item));
        write(writer);
        writer.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter writer, string name, ToldResult result)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("version", result.Version);
        writer.WriteString("received_time", EventWriter.Text(result.Time));
        writer.WriteString("state", result.Status.ToText());
        if (result.StatusCode is { } code)
            writer.WriteNumber("status_code", code);
        writer.WriteEndObject();
    }
}
