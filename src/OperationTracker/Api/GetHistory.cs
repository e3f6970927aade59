using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary><c>GET /v1/operations/{operation_id}/events</c>: an operation's history, in pages by version.</summary>
internal sealed class GetHistory(OperationHistory history)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var faults = new List<DocumentFault>();
        var page = EventPage.Read(new QueryReader(context.Request.QueryString, faults));
        if (faults.Count > 0)
        {
            await ApiErrors.WriteAsync(context, faults);
            return;
        }

        var id = OperationId.Parse((string)context.Request.RouteValues["operation_id"]!);
        if (await history.ReadAsync(id, page.After, page.Limit, context.RequestAborted) is not { } found)
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotFound);
            return;
        }

        await EventPage.WriteAsync(context, found.NextAfter, found.AtEnd, "events", writer =>
        {
            foreach (var entry in found.Entries)
                EventWriter.Write(writer, entry.Event, entry.Origin, entry.Changed);
        });
    }
}
