using System.Text.Json;
using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET /v1/reports/stuck</c> and <c>inconsistent</c>: findings among the operations as they stand, in pages of the
/// list's order. Each request looks at operations for about a second and says where to go on.
/// </summary>
internal sealed class OperationReports(
    OperationService operations, IOperationReader reader, ExecutingBaseline baseline, TimeProvider clock)
{
    /// <summary>Operations read at once.</summary>
    private const int PageSize = 500;

    private const int MaxLimit = 1000;
    private const int DefaultLimit = 100;

    /// <summary>Seconds of a bound that a client may name: some thirty years.</summary>
    private const long LongestBound = 1_000_000_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly OperationFilter Executing = new() { Statuses = [OperationStatus.Executing] };
    private static readonly OperationFilter NotSucceeded =
        new() { Statuses = [OperationStatus.Failed, OperationStatus.Canceled] };

    public async Task StuckAsync(HttpContext context)
    {
        var faults = new List<DocumentFault>();
        var query = new QueryReader(context.Request.QueryString, faults);
        var longerThan = query.Number("longer_than", 1, LongestBound);
        if (await ReadAsync(context, query, faults, Executing) is not { } asked)
            return;
        var cancel = context.RequestAborted;
        var times = longerThan is null ? await baseline.GetAsync(cancel) : null;
        var now = clock.GetUtcNow();
        await AnswerAsync(context, asked, Executing,
            async after => await reader.ReadExecutingAsync(after, PageSize, cancel),
            operation => new ListPosition(operation.OccurredTime, operation.OperationId),
            operation =>
            {
                var bound = longerThan is { } named
                    ? new ExecutingBound(named, "longer_than") : times!.BoundOf(operation.Method, operation.Uri);
                var seconds = (now - operation.Since).TotalSeconds;
                return bound is not null && seconds > bound.Seconds ? Write(operation, seconds, bound) : null;
            });
    }

    public async Task InconsistentAsync(HttpContext context)
    {
        var faults = new List<DocumentFault>();
        if (await ReadAsync(context, new QueryReader(context.Request.QueryString, faults), faults, NotSucceeded)
            is not { } asked)
            return;
        await AnswerAsync(context, asked, NotSucceeded,
            async after => await operations.ListAsync(
                new OperationListQuery(NotSucceeded, after, PageSize), context.RequestAborted),
            item => item.Position,
            item => OperationJson.Read(item.Document.Span).Document is { } document
                && ClusterFindings.Of(document) is { Count: > 0 } findings ? Write(item, findings) : null);
    }

    private static async Task<(int Limit, ListPosition? After)?> ReadAsync(
        HttpContext context, QueryReader query, List<DocumentFault> faults, OperationFilter filter)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return null;
        }

        var limit = (int?)query.Number("limit", 1, MaxLimit) ?? DefaultLimit;
        ListPosition? after = null;
        if (query.Text("page_token") is { } token && (after = PageToken.Read(token, filter, null)) is null)
            query.Fault("page_token", "is not a token of this report");
        if (faults.Count == 0)
            return (limit, after);
        await ApiErrors.WriteAsync(context, faults);
        return null;
    }

    /// <param name="context">The request and its answer.</param>
    /// <param name="asked">Most findings, and where to begin.</param>
    /// <param name="filter">The operations that are looked at.</param>
    /// <param name="readPage">The next of them after a place.</param>
    /// <param name="placeOf">The place of one.</param>
    /// <param name="find">What is found in one; null when nothing is.</param>
    private async Task AnswerAsync<T>(
        HttpContext context, (int Limit, ListPosition? After) asked, OperationFilter filter,
        Func<ListPosition?, Task<IReadOnlyList<T>>> readPage, Func<T, ListPosition> placeOf,
        Func<T, Action<Utf8JsonWriter>?> find)
    {
        var begin = clock.GetTimestamp();
        var findings = new List<Action<Utf8JsonWriter>>();
        var after = asked.After;
        var isMore = true;
        while (isMore && findings.Count < asked.Limit && clock.GetElapsedTime(begin) < Patience)
        {
            var page = await readPage(after);
            isMore = page.Count > 0;
            foreach (var item in page)
            {
                if (findings.Count == asked.Limit)
                    break;
                after = placeOf(item);
                if (find(item) is { } finding)
                    findings.Add(finding);
            }
        }

        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache";
        using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, JsonValueText.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("findings");
            foreach (var write in findings)
                write(writer);
            writer.WriteEndArray();
            if (isMore)
                writer.WriteString("next_page_token", PageToken.Write(after!, filter, null));
            writer.WriteEndObject();
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static Action<Utf8JsonWriter> Write(
        ExecutingOperation operation, double seconds, ExecutingBound bound) => writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("operation_id", operation.OperationId);
        writer.WriteString("occurred_time", operation.OccurredTime);
        writer.WriteString("method", operation.Method);
        writer.WriteString("uri", operation.Uri);
        writer.WriteString("executing_since", EventWriter.Text(operation.Since));
        writer.WriteNumber("seconds", Math.Round(seconds, 3));
        writer.WriteNumber("bound_seconds", Math.Round(bound.Seconds, 3));
        writer.WriteString("bound", bound.Basis);
        writer.WriteEndObject();
    };

    private static Action<Utf8JsonWriter> Write(
        OperationListItem item, IReadOnlyList<ClusterFinding> findings) => writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("operation_id", item.OperationId);
        writer.WriteString("occurred_time", item.OccurredTime);
        writer.WriteString("last_update_time", item.LastUpdateTime);
        writer.WriteString("state", item.Status);
        writer.WriteStartArray("places");
        foreach (var (path, clusterId, reason) in findings)
        {
            writer.WriteStartObject();
            writer.WriteString("path", path);
            if (clusterId is not null)
                writer.WriteString("cluster_id", clusterId);
            writer.WriteString("reason", reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    };
}
