using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET</c> and <c>HEAD /v1/operations</c>: the list of operational state, interface 000102. Pages are read by short
/// statements and written as they come, so memory does not grow with the list and no cursor waits for a slow client. A
/// failure after the first byte aborts the connection: a JSON that looks whole is whole.
/// </summary>
internal sealed partial class ListOperations(OperationService operations, ILogger<ListOperations> logger)
{
    /// <summary>Operations of one statement. Documents are bounded in bytes besides, where they are large.</summary>
    private const int IdsPerPage = 2_000;

    private const int DocumentsPerPage = 500;

    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var faults = new List<DocumentFault>();
        if (ListParameters.Read(context.Request.QueryString, faults) is not { } parameters)
        {
            await ApiErrors.WriteAsync(context, faults);
            return;
        }

        var cancel = context.RequestAborted;
        var page = await ReadPageAsync(parameters, parameters.After, written: 0, cancel);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache";
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        try
        {
            await WriteAsync(context.Response.BodyWriter, parameters, page, cancel);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogAborted(fault.GetType().Name);
            context.Abort();
        }
    }

    private async Task WriteAsync(
        PipeWriter target, ListParameters parameters, IReadOnlyList<OperationListItem> page, CancellationToken cancel)
    {
        target.Write(parameters.Detailed ? "{\"operations\":["u8 : "{\"operation_ids\":["u8);
        var written = 0;
        using var items = new ItemWriter(logger);
        ListPosition? last = null;
        ListPosition? next = null;
        while (page.Count > 0)
        {
            foreach (var item in page)
            {
                // One operation more than the limit was asked for, to know whether there is a next page.
                if (written == parameters.Limit)
                {
                    next = last;
                    break;
                }

                if (written++ > 0)
                    target.Write(","u8);
                target.Write(parameters.Detailed ? items.Summary(item) : items.Id(item));
                last = item.Position;
            }

            if (next is not null)
                break;
            await target.FlushAsync(cancel);
            page = await ReadPageAsync(parameters, last, written, cancel);
        }

        target.Write("]"u8);
        if (next is not null)
            target.Write(JsonSerializer.SerializeToUtf8Bytes(PageToken.Write(next, parameters.Filter)) is var token
                ? [.. ",\"next_page_token\":"u8, .. token]
                : []);
        target.Write("}"u8);
        await target.FlushAsync(cancel);
    }

    private Task<IReadOnlyList<OperationListItem>> ReadPageAsync(
        ListParameters parameters, ListPosition? after, int written, CancellationToken cancel)
    {
        var most = parameters.Detailed ? DocumentsPerPage : IdsPerPage;
        var wanted = parameters.Limit is { } limit ? Math.Min(limit + 1 - written, most) : most;
        return operations.ListAsync(
            new OperationListQuery(parameters.Filter, after, wanted, parameters.Detailed), cancel);
    }

    [LoggerMessage(2001, LogLevel.Error, "A list was aborted after its first byte: {Fault}")]
    private partial void LogAborted(string fault);
}
