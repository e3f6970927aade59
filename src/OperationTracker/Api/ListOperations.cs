using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET</c> and <c>HEAD /v1/operations</c>: the list of operational state, interface 000102. Pages are read by short
/// statements and written as they come, so memory does not grow with the list and no cursor waits for a slow client. A
/// failure after the first byte aborts the connection: a JSON that looks whole is whole.
/// </summary>
internal sealed partial class ListOperations(
    OperationService operations, InstantReader instants, ILogger<ListOperations> logger)
{
    /// <summary>
    /// Operations of one statement: ids of today's lengths are no large object then. Documents are bounded in bytes
    /// besides, where they are large.
    /// </summary>
    private const int IdsPerPage = 4_000;

    private const int DocumentsPerPage = 500;

    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var faults = new List<DocumentFault>();
        if (ListParameters.Read(context.Request.QueryString, instants, faults) is not { } parameters)
        {
            await ApiErrors.WriteAsync(context, faults);
            return;
        }

        var cancel = context.RequestAborted;
        using var items = new ItemWriter(logger);
        var pages = new Pages(operations, parameters, items);
        var first = await pages.ReadAsync(parameters.After, written: 0, cancel);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache";
        if (HttpMethods.IsHead(context.Request.Method))
            return;
        try
        {
            await WriteAsync(context.Response.BodyWriter, parameters, pages, first, cancel);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            LogAborted(fault.GetType().Name);
            context.Abort();
        }
    }

    private static async Task WriteAsync(
        PipeWriter target, ListParameters parameters, Pages pages, OperationListPage page, CancellationToken cancel)
    {
        target.Write(parameters.Detailed ? "{\"operations\":["u8 : "{\"operation_ids\":["u8);
        var written = 0;
        ListPosition? next = null;
        while (page.Count > 0)
        {
            if (written > 0)
                target.Write(","u8);
            target.Write(page.Json.Span);
            written += page.Count;
            var last = page.Last!;
            if (written == parameters.Limit)
            {
                next = page.IsMore ?? await pages.FollowAsync(last, cancel) ? last : null;
                break;
            }

            // The next page is read while this one, which the pipe has a copy of, is sent.
            var ahead = pages.ReadAsync(last, written, cancel);
            await Task.WhenAll(ahead, target.FlushAsync(cancel).AsTask());
            page = await ahead;
        }

        target.Write("]"u8);
        if (next is not null)
        {
            target.Write(",\"next_page_token\":"u8);
            target.Write(
                JsonSerializer.SerializeToUtf8Bytes(PageToken.Write(next, parameters.Filter, parameters.AsOf)));
        }

        target.Write("}"u8);
        await target.FlushAsync(cancel);
    }

    /// <summary>The list in either format, page by page, each page as the text that goes into the answer.</summary>
    private sealed class Pages(OperationService operations, ListParameters parameters, ItemWriter items)
    {
        public async Task<OperationListPage> ReadAsync(ListPosition? after, int written, CancellationToken cancel)
        {
            var most = parameters.Detailed ? DocumentsPerPage : IdsPerPage;
            var limit = Math.Min(parameters.Limit - written ?? most, most);
            var query = new OperationListQuery(parameters.Filter, after, limit, parameters.AsOf)
            {
                Summarizes = parameters.Detailed,
            };
            if (!parameters.Detailed)
                return await operations.ListIdsAsync(query, cancel);
            // With an instant each question is dear, and one operation more is not: it says whether any follow.
            var isAsked = parameters.AsOf is not null && limit == parameters.Limit - written;
            var page = await operations.ListAsync(isAsked ? query with { Limit = limit + 1 } : query, cancel);
            return page.Count > limit
                ? items.Summaries([.. page.Take(limit)]) with { IsMore = true }
                : items.Summaries(page);
        }

        /// <summary>Whether any operation follows.</summary>
        public async Task<bool> FollowAsync(ListPosition after, CancellationToken cancel) =>
            (await operations.ListIdsAsync(
                new OperationListQuery(parameters.Filter, after, 1, parameters.AsOf), cancel)).Count > 0;
    }

    [LoggerMessage(2001, LogLevel.Error, "A list was aborted after its first byte: {Fault}")]
    private partial void LogAborted(string fault);
}
