using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET /v1/events</c>: the log of everything, in pages by position, the same order for every reader.
/// </summary>
internal sealed class GetLog(LogSearch log, InstantReader instants)
{
    /// <summary>Kinds of one request: there are not many more.</summary>
    private const int MaxKinds = 50;

    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var faults = new List<DocumentFault>();
        var query = Read(new QueryReader(context.Request.QueryString, faults));
        if (faults.Count > 0)
        {
            await ApiErrors.WriteAsync(context, faults);
            return;
        }

        var page = await log.FindAsync(query, context.RequestAborted);
        await EventPage.WriteAsync(context, page.NextAfter, page.AtEnd, "events", writer =>
        {
            foreach (var item in page.Events)
                EventWriter.Write(writer, item, EventOrigin.Of(item), changed: null);
        });
    }

    private EventLogQuery Read(QueryReader reader)
    {
        var page = EventPage.Read(reader);
        var kinds = reader.Texts("kind");
        if (kinds.Count > MaxKinds)
            reader.Fault("kind", $"stands more than {MaxKinds} times", FaultKind.Range);
        var id = reader.Text("operation_id");
        if (id is not null && !OperationId.IsValid(id))
            reader.Fault("operation_id", OperationId.Rule);
        return new EventLogQuery(page.After, page.Limit)
        {
            Kinds = kinds,
            StreamId = id,
            From = reader.Instant("from", instants)?.Ceiling,
            To = reader.Instant("to", instants)?.Ceiling,
        };
    }
}
