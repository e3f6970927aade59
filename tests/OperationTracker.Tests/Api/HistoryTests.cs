using System.Text.Json;
using System.Text.RegularExpressions;
using OperationTracker.Core.EventStore;
using OperationTracker.Tests.EventStore;
using OperationTracker.Tests.History;
using OperationTracker.Tests.Operations;
using static OperationTracker.Tests.Api.PutOperationTests;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>The history, the log, what stood when, and what changed between, over HTTP.</summary>
public sealed partial class HistoryTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    [Fact]
    public async Task What_was_served_then_is_served_again_with_its_ETag()
    {
        var served = new List<(Answer Get, string Time)>();
        foreach (var sample in new[] { "a", "b", "c" })
        {
            await tracker.PutAsync("then", Document("then", more: $"\"sub_status\":\"{sample}\",\"x\":1e2"));
            var last = (await EventsAsync("then"))[^1];
            served.Add((await tracker.GetAsync("/v1/operations/then"), last.GetProperty("received_time").GetString()!));
        }

        await tracker.PutAsync("then", Document("then", "unexecuted"));
        for (var version = 1; version <= 3; version++)
        {
            var (then, time) = served[version - 1];
            foreach (var query in new[] { $"version={version}", $"at={time}", $"at={time[..^1]}001Z" })
            {
                var now = await tracker.GetAsync($"/v1/operations/then?{query}");
                (now.Status, now.Text, now.Header("ETag"), now.Header("Operation-Change"))
                    .ShouldBe((200, then.Text, then.Header("ETag"), null), query);
                var head = await tracker.SendAsync(HttpMethod.Head, $"/v1/operations/then?{query}", null);
                (head.Status, head.Text, head.Header("ETag"), head.Header("Content-Length"))
                    .ShouldBe((200, "", then.Header("ETag"), $"{then.Body.Length}"));
                var known = await tracker.GetAsync(
                    $"/v1/operations/then?{query}", ("If-None-Match", then.Header("ETag")!));
                (known.Status, known.Text).ShouldBe((304, ""));
            }
        }

        // The refusal moved the version and left the document alone.
        (await tracker.GetAsync("/v1/operations/then?version=4")).Header("ETag").ShouldBe(served[2].Get.Header("ETag"));
        (await tracker.GetAsync("/v1/operations/then?at=2999-01-01T00:00:00Z")).Header("ETag").ShouldBe(
            served[2].Get.Header("ETag"));
    }

    [Fact]
    public async Task Within_a_change_the_answer_says_so_and_has_no_ETag()
    {
        await tracker.PutAsync("within", Document("within"));
        await tracker.PutAsync("within", Document("within", "completed", "\"sub_status\":\"s\""));
        (await EventsAsync("within")).Select(item => $"{item.GetProperty("change").GetProperty("first")}").ShouldBe(
            ["1", "2", "2"]);

        var within = await tracker.GetAsync("/v1/operations/within?version=2", ("If-None-Match", "*"));

        (within.Status, within.Header("ETag"), within.Header("Operation-Change")).ShouldBe((200, null, "2-3"));
        within.Text.ShouldContain("\"completed\"");
        within.Text.ShouldNotContain("sub_status");
        (await tracker.GetAsync("/v1/operations/within?version=3")).Header("ETag").ShouldNotBeNull();
    }

    [Theory]
    [InlineData("/v1/operations/nobody?version=1")]
    [InlineData("/v1/operations/nobody?at=2999-01-01T00:00:00Z")]
    [InlineData("/v1/operations/nobody/events")]
    [InlineData("/v1/operations/nobody/diff?from=1&to=1")]
    [InlineData("/v1/operations/somebody?version=2")]
    [InlineData("/v1/operations/somebody?version=9223372036854775807")]
    [InlineData("/v1/operations/somebody?at=2001-01-01T00:00:00Z")]
    [InlineData("/v1/operations/somebody?at=0001-01-01T00:00:00%2B23:59")]
    [InlineData("/v1/operations/somebody/diff?from=1&to=2")]
    [InlineData("/v1/operations/somebody/diff?from=2001-01-01T00:00:00Z&to=1")]
    public async Task What_was_not_is_404(string target)
    {
        await tracker.PutAsync("somebody", Document("somebody"));
        ShouldBeError(await tracker.GetAsync(target), 404, "030001");
    }

    [Theory]
    [InlineData("/v1/operations/x?version=", "version", "010002")]
    [InlineData("/v1/operations/x?version=a", "version", "010002")]
    [InlineData("/v1/operations/x?version=1.0", "version", "010002")]
    [InlineData("/v1/operations/x?version=9223372036854775808", "version", "010002")]
    [InlineData("/v1/operations/x?version=0", "version", "010003")]
    [InlineData("/v1/operations/x?version=-1", "version", "010003")]
    [InlineData("/v1/operations/x?version=1&version=2", "version", "010002")]
    [InlineData("/v1/operations/x?version=1&at=2026-11-20T09:00:00Z", "at", "010002")]
    [InlineData("/v1/operations/x?at=", "at", "010002")]
    [InlineData("/v1/operations/x?at=yesterday", "at", "010002")]
    [InlineData("/v1/operations/x?at=2026-11-20T09:00:00", "at", "010002")]
    [InlineData("/v1/operations/x?at=20261120_090000", "at", "010002")]
    [InlineData("/v1/operations/x?at=%00", "at", "010002")]
    [InlineData("/v1/operations/x/events?limit=0", "limit", "010003")]
    [InlineData("/v1/operations/x/events?limit=1001", "limit", "010003")]
    [InlineData("/v1/operations/x/events?after=-1", "after", "010003")]
    [InlineData("/v1/operations/x/events?after=x", "after", "010002")]
    [InlineData("/v1/operations/x/diff?from=1", "to", "010002")]
    [InlineData("/v1/operations/x/diff?to=1", "from", "010002")]
    [InlineData("/v1/operations/x/diff?from=0&to=1", "from", "010003")]
    [InlineData("/v1/operations/x/diff?from=1&to=", "to", "010002")]
    [InlineData("/v1/operations/x/diff?from=1&to=1x", "to", "010002")]
    [InlineData("/v1/operations/x/diff?from=99999999999999999999&to=1", "from", "010002")]
    [InlineData("/v1/events?after=-1", "after", "010003")]
    [InlineData("/v1/events?limit=many", "limit", "010002")]
    [InlineData("/v1/events?operation_id=..", "operation_id", "010002")]
    [InlineData("/v1/events?from=x", "from", "010002")]
    [InlineData("/v1/events?to=20261120_090000", "to", "010002")]
    [InlineData("/v1/events?kind=%00", "kind", "010002")]
    [InlineData("/v1/operations?as_of=x", "as_of", "010002")]
    public async Task A_bad_parameter_is_named(string target, string name, string code)
    {
        var answer = await tracker.GetAsync(target);

        ShouldBeError(answer, 400, code);
        answer.Text.ShouldContain($"The parameter {name} ");
    }

    [Fact]
    public async Task The_history_of_an_operation_is_told_in_full()
    {
        await tracker.PutAsync("told", Document("told"), ("User-Agent", "mfc/1.2"));
        await tracker.PutAsync("told", Document("told", "completed", "\"sub_status\":\"s\"", "20261120_090001"));
        await tracker.PutAsync("told", Document("told", "unexecuted"));
        await new ForeignWriter(tracker.ConnectionString).AppendAsync("told", 1);

        var told = (await tracker.GetAsync("/v1/operations/told/events")).Text;

        Indented(Masked(told)).ShouldMatchApproved("history.json");
    }

    [Fact]
    public async Task Pages_of_the_history_and_of_the_log_join_without_a_gap()
    {
        for (var i = 0; i < 7; i++)
            await tracker.PutAsync("pages", Document("pages", more: $"\"sub_status\":\"{i}\""));
        await tracker.PutAsync("other", Document("other"));

        (await PagesAsync("/v1/operations/pages/events?", "version")).ShouldBe([1, 2, 3, 4, 5, 6, 7]);
        var log = await PagesAsync("/v1/events?", "position");
        log.ShouldBe(Enumerable.Range(1, log.Count).Select(i => (long)i));
        (await PagesAsync("/v1/events?operation_id=pages&", "version")).ShouldBe([1, 2, 3, 4, 5, 6, 7]);
        (await PagesAsync("/v1/events?operation_id=pages&kind=operation_registered&kind=no&", "version")).ShouldBe([1]);
        var time = (await EventsAsync("pages"))[^1].GetProperty("received_time").GetString();
        (await PagesAsync($"/v1/events?operation_id=pages&from={time}&", "version")).ShouldBe([7]);
        (await PagesAsync($"/v1/events?operation_id=pages&to={time}&", "version")).ShouldBe([1, 2, 3, 4, 5, 6]);
        // In the middle of a microsecond: the event at its beginning is before it.
        (await PagesAsync($"/v1/events?operation_id=pages&from={time![..^1]}5Z&", "version")).ShouldBeEmpty();
        (await PagesAsync($"/v1/events?operation_id=pages&to={time[..^1]}5Z&", "version")).Count.ShouldBe(7);

        async Task<IReadOnlyList<long>> PagesAsync(string target, string member)
        {
            var found = new List<long>();
            for (var after = 0L; ;)
            {
                using var page = JsonDocument.Parse((await tracker.GetAsync($"{target}after={after}&limit=3")).Body);
                var events = page.RootElement.GetProperty("events").EnumerateArray().ToArray();
                events.Length.ShouldBeLessThanOrEqualTo(3);
                found.AddRange(events.Select(item => item.GetProperty(member).GetInt64()));
                after = page.RootElement.GetProperty("next_after").GetInt64();
                if (page.RootElement.GetProperty("at_end").GetBoolean())
                    return found;
            }
        }
    }

    [Fact]
    public async Task A_diff_leads_from_one_document_to_the_other_and_back()
    {
        await tracker.PutAsync("diff", Document("diff", more: "\"x\":{\"a\":[1,1.0]}"));
        await tracker.PutAsync("diff", Document("diff", "completed", "\"x\":{\"a~/b\":1e2}", "20261120_090001"));
        var events = await EventsAsync("diff");
        var (begin, end) =
            (events[0].GetProperty("received_time").GetString(), events[^1].GetProperty("received_time").GetString());
        var documents = new Dictionary<bool, string>
        {
            [true] = (await tracker.GetAsync("/v1/operations/diff?version=1")).Text,
            [false] = (await tracker.GetAsync("/v1/operations/diff")).Text,
        };
        foreach (var (query, forward) in new[]
        {
            ($"from=1&to={events.Length}", true), ($"from={events.Length}&to=1", false),
            ($"from={begin}&to={end}", true), ($"from={end}&to=1", false),
        })
        {
            var diff = await tracker.GetAsync($"/v1/operations/diff/diff?{query}");

            (diff.Status, diff.Header("Content-Type")).ShouldBe((200, "application/json-patch+json"));
            var document = JsonTree.Parse(documents[forward]);
            foreach (var operation in JsonTree.Parse(diff.Text).Items)
                document = PatchApplier.Apply(
                    document, operation["op"]!.Text, operation["path"]!.Text, operation["value"]?.InOrder());
            document.Canonical().ShouldBe(JsonTree.Parse(documents[!forward]).Canonical(), diff.Text);
        }

        (await tracker.GetAsync("/v1/operations/diff/diff?from=1&to=1")).Text.ShouldBe("[]");
        foreach (var accept in new[] { "application/json-patch+json", "application/json", "*/*", "application/*" })
            (await tracker.GetAsync(
                "/v1/operations/diff/diff?from=1&to=1", ("Accept", accept))).Status.ShouldBe(200, accept);
        ShouldBeError(
            await tracker.GetAsync("/v1/operations/diff/diff?from=1&to=1", ("Accept", "text/html")), 406, "010001");
        ShouldBeError(await tracker.GetAsync("/v1/operations/diff/events", ("Accept", "text/html")), 406, "010001");
        ShouldBeError(await tracker.GetAsync("/v1/events", ("Accept", "text/html")), 406, "010001");
    }

    [Fact]
    public async Task The_list_as_of_an_instant_has_both_formats_filters_and_pages_of_its_own()
    {
        await using var server = new TrackerServer();
        await server.InitializeAsync();
        await server.PutAsync("a", Document("a"));
        await server.PutAsync("b", Document("b", more: "\"sub_status\":\"first\""));
        var last = (await server.ExecuteAsync(
            "select to_char(max(timestamp) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.USZ')"
            + " from tracker.mt_events"))!;
        await server.PutAsync("b", Document("b", "completed", "\"sub_status\":\"second\""));
        await server.PutAsync("c", Document("c"));

        (await server.GetAsync($"/v1/operations?as_of={last}")).Text.ShouldBe("{\"operation_ids\":[\"a\",\"b\"]}");
        (await server.GetAsync($"/v1/operations?as_of={last}&status=completed")).Text.ShouldBe(
            "{\"operation_ids\":[]}");
        (await server.GetAsync("/v1/operations?as_of=2001-01-01T00:00:00Z")).Text.ShouldBe("{\"operation_ids\":[]}");
        var detail = (await server.GetAsync($"/v1/operations?as_of={last}&format=detail-list&status=executing")).Text;
        detail.ShouldContain("\"first\"");
        detail.ShouldNotContain("\"body\"");
        var offset = last.ToString()!.Replace("Z", "+00:00");
        (await server.GetAsync(
            $"/v1/operations?as_of={offset}&format=detail-list&status=executing")).Text.ShouldBe(detail);

        var first = JsonTree.Parse((await server.GetAsync($"/v1/operations?as_of={last}&limit=1")).Text);
        var token = first["next_page_token"]!.Text;
        (await server.GetAsync($"/v1/operations?as_of={last}&limit=1&page_token={token}")).Text.ShouldBe(
            "{\"operation_ids\":[\"b\"]}");
        foreach (var other in new[] { "", "as_of=2999-01-01T00:00:00Z&" })
            ShouldBeError(await server.GetAsync($"/v1/operations?{other}limit=1&page_token={token}"), 400, "010002");
    }

    [Fact]
    public async Task Only_get_is_taken_of_what_has_happened()
    {
        foreach (var target in new[] { "/v1/operations/x/events", "/v1/operations/x/diff", "/v1/events" })
        foreach (var method in new[] { HttpMethod.Put, HttpMethod.Post, HttpMethod.Delete })
        {
            var answer = await tracker.SendAsync(method, target, "{}".Bytes());
            (answer.Status, answer.Header("Allow")).ShouldBe((405, "GET"));
        }
    }

    private async Task<JsonElement[]> EventsAsync(string id)
    {
        using var page = JsonDocument.Parse((await tracker.GetAsync($"/v1/operations/{id}/events")).Body);
        return [.. page.RootElement.GetProperty("events").EnumerateArray().Select(item => item.Clone())];
    }

    /// <summary>Without what differs from run to run.</summary>
    private static string Masked(string text) => Trace().Replace(Time().Replace(Uuid().Replace(
        Position().Replace(text, "\"position\":0"), "00000000-0000-0000-0000-000000000000"),
        "2026-11-20T09:00:00.000000Z"),
        "\"correlation_id\":\"00000000000000000000000000000000\"");

    private static string Indented(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement, Readable) + "\n";
    }

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")]
    private static partial Regex Time();

    [GeneratedRegex("\"correlation_id\":\"[0-9a-f]{32}\"")]
    private static partial Regex Trace();

    [GeneratedRegex("\"position\":[0-9]+")]
    private static partial Regex Position();
}
