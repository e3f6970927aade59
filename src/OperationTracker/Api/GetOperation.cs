using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET</c> and <c>HEAD /v1/operations/{operation_id}</c>: the detailed operation state, interface 000103. With
/// <c>version</c> or <c>at</c>, as it stood then.
/// </summary>
internal sealed class GetOperation(OperationService operations, OperationHistory history, InstantReader instants)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var id = OperationId.Parse((string)context.Request.RouteValues["operation_id"]!);
        var faults = new List<DocumentFault>();
        var moment = context.Request.QueryString.HasValue ? ReadMoment(context.Request.QueryString, faults) : null;
        if (faults.Count > 0)
            await ApiErrors.WriteAsync(context, faults);
        else if (moment is not null)
            await AnswerAsync(context, await moment.FindAsync(history, id, context.RequestAborted));
        // To hear that the client hangs up costs each request more than a single read that goes on to its end.
        else if (await operations.GetAsync(id, Negotiation.KnownETag(context.Request), CancellationToken.None)
            is { } view)
            await AnswerAsync(context, view, isWhole: true);
        else
            await ApiErrors.WriteAsync(context, ApiErrors.NotFound);
    }

    private Moment? ReadMoment(QueryString query, List<DocumentFault> faults)
    {
        var reader = new QueryReader(query, faults);
        var version = reader.Number("version", 1, long.MaxValue);
        var at = reader.Instant("at", instants);
        if (reader.Has("version") && reader.Has("at"))
            reader.Fault("at", "stands beside version; name one of them");
        return version is not null || at is not null ? new Moment(version, at) : null;
    }

    private static Task AnswerAsync(HttpContext context, PastOperation? past)
    {
        if (past is null)
            return ApiErrors.WriteAsync(context, ApiErrors.NotFound, Moment.Nothing);
        if (past.WithinChange is { } change)
            context.Response.Headers["Operation-Change"] = $"{change.First}-{change.Last}";
        return AnswerAsync(context, past.View, past.WithinChange is null);
    }

    /// <param name="context">The request and its answer.</param>
    /// <param name="view">What to serve.</param>
    /// <param name="isWhole">
    /// Whether a change ends there; what stands within one was never served and has no ETag.
    /// </param>
    private static async Task AnswerAsync(HttpContext context, OperationView view, bool isWhole)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-cache";
        if (isWhole)
            response.Headers.ETag = view.ETag;
        if (isWhole && Negotiation.AlreadyHas(context.Request, view.ETag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = "application/json";
        response.ContentLength = view.Document.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.BodyWriter.WriteAsync(view.Document, CancellationToken.None);
    }
}
