using System.Diagnostics;
using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary><c>PUT /v1/operations/{operation_id}</c>: the operation result, interface 000101.</summary>
internal sealed class PutOperation(OperationService operations)
{
    public async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        if (!Negotiation.AcceptsJson(request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        if (!Negotiation.SendsJson(request))
        {
            await ApiErrors.WriteAsync(
                context, ApiErrors.MediaType,
                "The body must be application/json in UTF-8, without a Content-Encoding.");
            return;
        }

        if (Negotiation.ReadCondition(request) is not { } condition)
        {
            await ApiErrors.WriteAsync(
                context, ApiErrors.Value, "If-Match takes ETags or *, and If-None-Match with PUT takes * only.");
            return;
        }

        if (await RequestBody.ReadAsync(request, context.RequestAborted) is not { } body
            || OperationJson.LengthOf(body.Span) > OperationLimits.BodyBytes)
        {
            await ApiErrors.WriteAsync(
                context, ApiErrors.TooLarge, $"The body is longer than {OperationLimits.BodyBytes} bytes.");
            return;
        }

        var id = OperationId.Parse((string)request.RouteValues["operation_id"]!);
        var outcome = await operations.PutAsync(id, body, condition, SourceOf(context), context.RequestAborted);
        await AnswerAsync(context, outcome);
    }

    private static Task AnswerAsync(HttpContext context, PutOutcome outcome)
    {
        switch (outcome)
        {
            case PutOutcome.Registered(var view):
                return Done(context, view);
            case PutOutcome.Changed(var view):
                return Done(context, view);
            case PutOutcome.Unchanged(var view):
                return Done(context, view);
            case PutOutcome.Invalid(var faults):
                return ApiErrors.WriteAsync(context, faults);
            case PutOutcome.TransitionRefused(var from, var to, var view):
                context.Response.Headers.ETag = view.ETag;
                return ApiErrors.WriteAsync(
                    context, ApiErrors.Transition,
                    [new DocumentFault(
                        FaultKind.Value, "/status", $"cannot go from {from.ToText()} back to {to.ToText()}")]);
            case PutOutcome.VersionConflict(var alreadyExists, var view):
                context.Response.Headers.ETag = view?.ETag;
                return alreadyExists
                    ? ApiErrors.WriteAsync(context, ApiErrors.Exists, "If-None-Match: * and the operation exists.")
                    : ApiErrors.WriteAsync(context, ApiErrors.VersionConflict, "If-Match does not match what stands.");
            default:
                throw new UnreachableException();
        }
    }

    private static Task Done(HttpContext context, OperationView view)
    {
        context.Response.Headers.ETag = view.ETag;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private static ChangeSource SourceOf(HttpContext context) => new(
        context.Connection.RemoteIpAddress?.ToString(),
        context.Request.Headers.UserAgent.Count > 0 ? context.Request.Headers.UserAgent.ToString() : null,
        Activity.Current?.TraceId.ToHexString());
}
