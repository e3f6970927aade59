using System.Text;
using System.Text.Json;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;
using OperationTracker.Tests.Operations;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.History;

/// <summary>
/// What is asked of many operations at once: the list at an instant, stays in states, what is executing.
/// </summary>
public abstract partial class HistoryContract
{
    [Fact]
    public async Task The_list_as_of_an_instant_is_the_list_that_stood_then()
    {
        var (store, _) = await CreateAsync();
        var random = new Random(7);
        var pasts = new List<RecordedPast>();
        Law.Check(DocumentGenerator.Sequences, sequence => pasts.Add(
            RecordedPast.MakeAsync(store, Id($"op-{random.Next(1000)}-{pasts.Count}"), sequence)
                .GetAwaiter().GetResult()), Operations / 3);
        DateTimeOffset[] times = [.. pasts.SelectMany(past => past.Events).Select(item => item.Timestamp)];
        var sizes = new List<int>();
        for (var question = 0; question < 200; question++)
        {
            var asOf = times[random.Next(times.Length)].AddMicroseconds(random.Next(-1, 2));
            var standing = pasts.Select(past => past.At(past.Events.TakeWhile(item => item.Timestamp <= asOf).Count()))
                .OfType<PastOperation>()
                .Select(past => OperationJson.Read(past.View.Document.Span).Document!).ToArray();
            var filter = Filter(random, standing);
            var expected = standing.Where(document => Passes(filter, document))
                .OrderBy(document => document.OccurredTime, StringComparer.Ordinal)
                .ThenBy(document => document.OperationId, StringComparer.Ordinal).ToArray();

            var query = new OperationListQuery(filter, null, random.Next(1, 60), asOf);
            var (ids, items) = await ReadAsync(query);

            ids.ShouldBe(expected.Select(document => document.OperationId));
            items.Select(item => item.Text())
                .ShouldBe(expected.Select(document => Encoding.UTF8.GetString(Json(document))));
            var summaries = (await ReadAsync(query with { Summarizes = true })).Items;
            summaries.Select(item => item.Text()).ShouldBe(
                expected.Select(document => Encoding.UTF8.GetString(DocumentSummary.Of(Json(document))!)));
            items.Select(item => item.Status).ShouldBe(expected.Select(document => document.Status.ToText()));
            sizes.Add(expected.Length);
        }

        sizes.Count(size => size > 0).ShouldBeGreaterThan(100);
        sizes.Max().ShouldBeGreaterThan(20);
        (await ReadAsync(new OperationListQuery(OperationFilter.None, null, 50, DateTimeOffset.MaxValue))).Ids.Count
            .ShouldBe(pasts.Count);

        async Task<(List<string> Ids, List<OperationListItem> Items)> ReadAsync(OperationListQuery query)
        {
            var (ids, items) = (new List<string>(), new List<OperationListItem>());
            for (var after = query.After;
                await store.ListIdsAsync(query with { After = after }, default) is { Count: > 0 } page;
                after = page.Last)
                ids.AddRange(JsonSerializer.Deserialize<string[]>($"[{Encoding.UTF8.GetString(page.Json.Span)}]")!);
            for (var after = query.After;
                await store.ListAsync(query with { After = after }, default) is { Count: > 0 } page;
                after = page[^1].Position)
                items.AddRange(page);
            return (ids, items);
        }
    }

    [Fact]
    public async Task Stays_and_what_is_executing_are_told_by_the_times_of_the_events()
    {
        var (store, _) = await CreateAsync();
        var pasts = new List<RecordedPast>();
        Law.Check(DocumentGenerator.Sequences, sequence => pasts.Add(RecordedPast
            .MakeAsync(store, Id($"op-{pasts.Count}"), sequence).GetAwaiter().GetResult()), Operations / 3);
        var (stays, executing) = (new List<string>(), new List<(string OccurredTime, string Told)>());
        foreach (var past in pasts)
        {
            var now = OperationJson.Read(past.At(past.Events.Count)!.View.Document.Span).Document!;
            var (state, since) = (default(OperationStatus?), default(DateTimeOffset));
            foreach (var item in past.Events)
            {
                var next = OperationJson.Read(past.At(item.Version)!.View.Document.Span).Document!.Status;
                if (next == state)
                    continue;
                if (state is { } left)
                    stays.Add($"{left} {item.Timestamp - since} {now.Request.Method.ToText()} {now.Request.Uri}");
                (state, since) = (next, item.Timestamp);
            }

            if (state == OperationStatus.Executing)
                executing.Add(
                    (now.OccurredTime, $"{past.Id} {since:O} {now.Request.Method.ToText()} {now.Request.Uri}"));
        }

        var page = await store.SearchStaysAsync(new EventLogQuery(0, 1), default);
        page.Stays.Select(stay => $"{stay.State} {stay.Duration} {stay.Method} {stay.Uri}").Order(
            StringComparer.Ordinal)
            .ShouldBe(stays.Order(StringComparer.Ordinal));
        stays.Count.ShouldBeGreaterThan(10);
        var head = await store.ReadHeadAsync(default);
        (page.NextAfter, page.AtEnd).ShouldBe((head, true));
        (await store.SearchStaysAsync(new EventLogQuery(head, 1), default)).Stays.ShouldBeEmpty();
        (await store.SearchStaysAsync(
            new EventLogQuery(0, 1) { To = DateTimeOffset.UnixEpoch }, default)).Stays.ShouldBeEmpty();

        var found = new List<ExecutingOperation>();
        while (await store.ReadExecutingAsync(
            found.Count == 0 ? null : new ListPosition(found[^1].OccurredTime, found[^1].OperationId), 3,
            default) is { Count: > 0 } some)
            found.AddRange(some);
        found.Select(one => $"{one.OperationId} {one.Since:O} {one.Method} {one.Uri}").Order(StringComparer.Ordinal)
            .ShouldBe(executing.Select(one => one.Told).Order(StringComparer.Ordinal));
        found.Count.ShouldBeGreaterThan(3);
    }

    private static OperationFilter Filter(Random random, OperationDocument[] standing)
    {
        if (standing.Length == 0)
            return OperationFilter.None;
        var some = standing[random.Next(standing.Length)];
        return random.Next(7) switch
        {
            0 => new OperationFilter { Statuses = [some.Status] },
            1 => new OperationFilter
            {
                Statuses = [OperationStatus.Executing, some.Status], Method = some.Request.Method,
            },
            2 => new OperationFilter { ClusterId = ClusterIds.Of(some).FirstOrDefault() },
            3 => new OperationFilter
            {
                UriPrefix = string.Concat(some.Request.Uri.EnumerateRunes().Take(some.Request.Uri.Length / 2)),
            },
            4 => new OperationFilter { OccurredFrom = some.OccurredTime },
            5 => new OperationFilter { UpdatedTo = some.LastUpdateTime },
            _ => OperationFilter.None,
        };
    }

    private static bool Passes(OperationFilter filter, OperationDocument document) =>
        (filter.Statuses.Count == 0 || filter.Statuses.Contains(document.Status))
        && (filter.ClusterId is null || ClusterIds.Of(document).Contains(filter.ClusterId))
        && (filter.Method is null || document.Request.Method == filter.Method)
        && document.Request.Uri.StartsWith(filter.UriPrefix ?? "", StringComparison.Ordinal)
        && string.CompareOrdinal(document.OccurredTime, filter.OccurredFrom ?? "") >= 0
        && string.CompareOrdinal(document.LastUpdateTime, filter.UpdatedTo ?? "~") < 0;
}
