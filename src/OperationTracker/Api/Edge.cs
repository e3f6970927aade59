using Microsoft.Net.Http.Headers;
using OperationTracker.Core.EventStore;
using OperationTracker.Hosting;

namespace OperationTracker.Api;

/// <summary>
/// The outermost layer: whatever happens within, the client gets the contract's error body, and the log a line that
/// holds nothing of any body.
/// </summary>
internal sealed partial class Edge(Readiness readiness, ILogger<Edge> logger)
{
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        PutHeaders(context.Response);
        try
        {
            if (IsAmbiguous(context.Request))
                await ApiErrors.WriteAsync(context, ApiErrors.Format, "Content-Length beside Transfer-Encoding.");
            else if (readiness.NotServing is { } fault && context.Request.Path.StartsWithSegments("/v1"))
                await ApiErrors.WriteAsync(context, ApiErrors.Of(fault.Failure), fault.Message);
            else
                await next(context);
            if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null })
                await ApiErrors.WriteAsync(context, ApiErrors.OfStatus(context.Response.StatusCode));
        }
        catch (Exception fault)
        {
            await HandleAsync(context, fault);
        }
    }

    private async Task HandleAsync(HttpContext context, Exception fault)
    {
        if (context.RequestAborted.IsCancellationRequested)
            return;
        if (context.Response.HasStarted)
        {
            LogAborted(fault.GetType().Name);
            context.Abort();
            return;
        }

        context.Response.Clear();
        PutHeaders(context.Response);
        switch (fault)
        {
            case EventStoreException store:
                LogStoreFailure(store.Failure, store.Message);
                await ApiErrors.WriteAsync(context, ApiErrors.Of(store.Failure), store.Message);
                break;
            case BadHttpRequestException bad:
                await ApiErrors.WriteAsync(context, ApiErrors.OfStatus(bad.StatusCode), "The request cannot be read.");
                break;
            default:
                // The message may repeat a piece of the body; the type and the place are what is needed to mend it.
                LogUnexpected(fault.GetType().FullName, fault.StackTrace);
                await ApiErrors.WriteAsync(context, ApiErrors.Undefined);
                break;
        }
    }

    private static void PutHeaders(HttpResponse response) => response.Headers.XContentTypeOptions = "nosniff";

    /// <summary>
    /// Two lengths for one body: what one server of a chain takes for the body another takes for the next request.
    /// Kestrel moves the Content-Length aside and would go on.
    /// </summary>
    private static bool IsAmbiguous(HttpRequest request) =>
        request.Headers.TransferEncoding.Count > 0
        && (request.Headers.ContainsKey(HeaderNames.ContentLength) || request.Headers.ContainsKey("X-Content-Length"));

    [LoggerMessage(2101, LogLevel.Warning, "The store could not answer ({Failure}): {Reason}")]
    private partial void LogStoreFailure(StoreFailure failure, string reason);

    [LoggerMessage(2102, LogLevel.Error, "An answer was aborted after its first byte: {Fault}")]
    private partial void LogAborted(string fault);

    [LoggerMessage(2103, LogLevel.Error, "Unexpected {Fault} at {Place}")]
    private partial void LogUnexpected(string? fault, string? place);
}
