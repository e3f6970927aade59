using System.Text.Json;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET /v1/reports/durations</c>: how long operations stayed in each state, of stays that ended. A request looks at
/// a piece of the log for about a second; whoever wants more adds up the buckets of the pieces.
/// </summary>
internal sealed class DurationsReport(IOperationReader events, InstantReader instants, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJson(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, "Answers are application/json.");
            return;
        }

        var faults = new List<DocumentFault>();
        var reader = new QueryReader(context.Request.QueryString, faults);
        var query = new EventLogQuery(reader.Number("after", 0, long.MaxValue) ?? 0, int.MaxValue)
        {
            From = reader.Instant("from", instants)?.Ceiling,
            To = reader.Instant("to", instants)?.Ceiling,
        };
        if (faults.Count > 0)
        {
            await ApiErrors.WriteAsync(context, faults);
            return;
        }

        var states = new SortedDictionary<OperationStatus, DurationHistogram>();
        var page = await CountAsync(query, states, context.RequestAborted);
        await EventPage.WriteAsync(context, page.NextAfter, page.AtEnd, "durations", writer =>
        {
            foreach (var (state, times) in states)
                Write(writer, state, times);
        });
    }

    private async Task<StayPage> CountAsync(
        EventLogQuery query, SortedDictionary<OperationStatus, DurationHistogram> states, CancellationToken cancel)
    {
        var begin = clock.GetTimestamp();
        StayPage page;
        do
        {
            page = await events.SearchStaysAsync(query, cancel);
            foreach (var stay in page.Stays)
            {
                if (!states.TryGetValue(stay.State, out var times))
                    states.Add(stay.State, times = new DurationHistogram());
                times.Add(stay.Duration);
            }

            query = query with { After = page.NextAfter };
        }
        while (!page.AtEnd && clock.GetElapsedTime(begin) < Patience);

        return page;
    }

    private static void Write(Utf8JsonWriter writer, OperationStatus state, DurationHistogram times)
    {
        writer.WriteStartObject();
        writer.WriteString("state", state.ToText());
        writer.WriteNumber("count", times.Count);
        writer.WriteNumber("p50_seconds", Math.Round(times.QuantileSeconds(0.5), 6));
        writer.WriteNumber("p95_seconds", Math.Round(times.QuantileSeconds(0.95), 6));
        writer.WriteNumber("max_seconds", Math.Round(times.MaxSeconds, 6));
        writer.WriteStartArray("buckets");
        foreach (var (number, count) in times.Buckets)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(number);
            writer.WriteNumberValue(count);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
