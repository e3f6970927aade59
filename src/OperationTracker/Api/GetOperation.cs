using OperationTracker.Core;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary><c>GET</c> and <c>HEAD /v1/operations/{operation_id}</c>: the detailed operation state, interface 000103.</summary>
internal sealed class GetOperation(OperationService operations)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var id = OperationId.Parse((string)context.Request.RouteValues["operation_id"]!);
        if (await operations.GetAsync(id, Negotiation.KnownETag(context.Request), context.RequestAborted) is not { } view)
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotFound);
            return;
        }

        var response = context.Response;
        response.Headers.ETag = view.ETag;
        response.Headers.CacheControl = "no-cache";
        if (Negotiation.AlreadyHas(context.Request, view.ETag))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        response.ContentType = "application/json";
        response.ContentLength = view.Document.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.BodyWriter.WriteAsync(view.Document, context.RequestAborted);
    }
}
