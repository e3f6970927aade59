using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OperationTracker.Postgres;
using OperationTracker.Tests.Api;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.Cli.FakeTracker;

namespace OperationTracker.Tests.Cli;

/// <summary>The commands that look back: history, diff, replay, and get and list with a moment.</summary>
public sealed class HistoryCommandsTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    private const string Id = "0011795132860005";

    private static readonly string Registered = Event(1, "operation_registered", (1, 1), "09:01:00.204117", """
        {"document": {"status": "executing",
         "request": {"uri": "/v1/clusters/1", "method": "POST", "body": "not-a-real-secret"},
         "operation_id": "0011795132860005", "occurred_time": "20261120_090100", "last_update_time": "20261120_090100",
         "target_clusters": [
          {"cluster_id": "7", "request": {"uri": "/c", "method": "PUT", "body": "not-a-real-secret"}}]},
         "last_update_time": "20261120_090100"}
        """, """{"address":"192.0.2.10","user_agent":"mfc/1.2","principal":"mfc"}""", """{"op":"add","path":""}""");

    private static readonly string Answered = Event(2, "cluster_responded", (2, 3), "09:02:13.000350", """
        {"index": 0, "cluster_id": "7", "response": {"status_code": 200, "body": ""},
         "last_update_time": "20261120_090213"}
        """, changed: """
        {"op":"replace","path":"/last_update_time"},{"op":"add","path":"/target_clusters/0/response"}
        """);

    private static readonly string Completed = Event(3, "status_changed", (2, 3), "09:02:13.000350", """
        {"from": "executing", "to": "completed", "response": {"status_code": 201, "body": "7"},
         "last_update_time": "20261120_090213"}
        """, changed: """{"op":"replace","path":"/status"},{"op":"add","path":"/response"}""");

    private static readonly string Foreign = Event(
        4, "note\\u001b[31m", (4, 4), "23:05:00.000000", """{"text": "\u009b2J"}""", "{}", "", isForeign: true);

    private static readonly string[] Pages =
        [Page([Registered, Answered], 2, false), Page([Completed, Foreign], 4, true)];

    [Fact]
    public async Task History_tells_people_each_event()
    {
        await using var fake = await StartAsync([.. Pages.Select(page => Answer(200, page))]);

        var outcome = await OptrackProcess.RunAsync("history", Id, "--server", fake.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved("history.txt");
        fake.Seen.Select(one => one.Target).ShouldBe(
            [$"/v1/operations/{Id}/events?after=0&limit=500", $"/v1/operations/{Id}/events?after=2&limit=500"]);
    }

    [Fact]
    public async Task Replay_walks_through_the_changes_and_shows_the_document()
    {
        await using var fake = await StartAsync([.. Pages.Select(page => Answer(200, page))]);

        var outcome = await OptrackProcess.RunAsync("replay", Id, "--server", fake.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved("replay.txt");
        outcome.Out.ShouldNotContain("not-a-real-secret");
    }

    [Theory]
    [InlineData("--to", "2")]
    [InlineData("--at", "2026-11-20T10:01:00.5+01:00")]
    public async Task Replay_ends_where_it_is_told(string option, string value)
    {
        await using var fake = await StartAsync(Answer(200, Pages[0]), Answer(200, Pages[1]));

        var outcome = await OptrackProcess.RunAsync("replay", Id, option, value, "--server", fake.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved($"replay{option}.txt");
    }

    [Fact]
    public async Task A_period_of_all_operations_is_replayed_in_the_order_of_the_log()
    {
        await using var fake = await StartAsync([.. Pages.Select(page => Answer(200, page))]);

        var outcome = await OptrackProcess.RunAsync(
            "replay", "--all", "--from", "2026-11-20T09:00:00+01:00", "--to", "20261121_000000", "--server", fake.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved("replay-all.txt");
        fake.Seen[0].Target.ShouldBe(
            "/v1/events?after=0&limit=500&from=2026-11-20T09%3A00%3A00%2B01%3A00&to=20261121_000000");
    }

    [Fact]
    public async Task Diff_names_places_and_values_without_secrets()
    {
        const string Patch = """
            [{"op":"replace","path":"/status","value":"completed"},{"op":"remove","path":"/x"},
             {"op":"replace","path":"/request/body","value":"not-a-real-secret"},
             {"op":"add","path":"/target_clusters","value":[{"cluster_id":"7","request":{"body":"not-a-real-secret"}}]}]
            """;
        await using var fake = await StartAsync(Answer(200, Patch));

        var outcome = await OptrackProcess.RunAsync("diff", Id, "--from", "1", "--server", fake.Url);
        var json = await OptrackProcess.RunAsync(
            "diff", Id, "--from", "1", "--to", "2", "--json", "--server", fake.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved("diff.txt");
        json.Out.ShouldBe(Patch + Environment.NewLine);
        fake.Seen.Select(one => one.Target).ShouldBe(
            [$"/v1/operations/{Id}/diff?from=1&to=9999-12-31T23%3A59%3A59Z", $"/v1/operations/{Id}/diff?from=1&to=2"]);
    }

    [Fact]
    public async Task Moments_go_to_the_tracker_as_they_were_given()
    {
        await using var fake = await StartAsync(
            Document("{}"), Document("{}"), Answer(200, """{"operations":[]}"""));

        await OptrackProcess.RunAsync("get", Id, "--version", "3", "--server", fake.Url);
        await OptrackProcess.RunAsync("get", Id, "--at", "20261120_090000", "--server", fake.Url);
        await OptrackProcess.RunAsync("list", "--as-of", "2026-11-20T09:00:00+01:00", "--server", fake.Url);

        fake.Seen.Select(one => one.Target).ShouldBe(
        [
            $"/v1/operations/{Id}?version=3", $"/v1/operations/{Id}?at=20261120_090000",
            "/v1/operations?format=detail-list&as_of=2026-11-20T09%3A00%3A00%2B01%3A00&limit=1000",
        ]);
    }

    [Fact]
    public async Task What_is_replayed_is_what_was_served()
    {
        const string Real = "replayed";
        await tracker.PutAsync(Real, Sample.Document(Real, more: "\"x\":1.0"));
        await tracker.PutAsync(
            Real, Sample.Document(Real, "completed", "\"x\":1e2,\"sub_status\":\"ä\u2028\"", "20261120_090001"));
        await tracker.PutAsync(Real, Sample.Document(Real, "unexecuted"));

        var outcome = await OptrackProcess.RunAsync("replay", Real, "--json", "--server", $"{tracker.Url}");

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        var steps = outcome.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
            line => JsonDocument.Parse(line).RootElement).ToArray();
        steps.Select(step => $"{step.GetProperty("first")}-{step.GetProperty("last")}").ShouldBe(["1-1", "2-4", "5-5"]);
        foreach (var step in steps)
        {
            var then = await tracker.GetAsync($"/v1/operations/{Real}?version={step.GetProperty("last")}");
            using var served = JsonDocument.Parse(then.Body);
            JsonElement.DeepEquals(step.GetProperty("document"), served.RootElement).ShouldBeTrue();
        }

        (await OptrackProcess.RunAsync("replay", "nobody", "--server", $"{tracker.Url}")).ExitCode.ShouldBe(3);
        (await OptrackProcess.RunAsync(
            "replay", Real, "--at", "2001-01-01T00:00:00Z", "--server", $"{tracker.Url}")).ExitCode.ShouldBe(3);
        (await OptrackProcess.RunAsync("diff", Real, "--from", "1", "--server", $"{tracker.Url}")).Out.ShouldContain(
            "/status \"completed\"");
    }

    [Fact]
    public async Task A_bundle_tells_the_same_as_the_tracker_that_it_was_exported_from()
    {
        var directory = TestDirectory.Create("bundle");
        var bundle = Path.Combine(directory, "some.optrack.tar");
        foreach (var (id, status) in new[]
        {
            ("bundled", "executing"), ("beside", "executing"), ("bundled", "completed"), ("bundled", "unexecuted"),
        })
        {
            await tracker.PutAsync(id, Sample.Document(id, status, "\"x\":[1.0]"));
        }

        await new ForeignWriter(tracker.ConnectionString).AppendAsync("bundled", 1);
        await tracker.Services.GetRequiredService<PostgresEventStore>().SweepAsync(default);
        (await OptrackProcess.RunAsync("export", bundle, "--database", tracker.ConnectionString)).ExitCode.ShouldBe(0);

        foreach (var command in new[]
        {
            "history bundled", "history bundled --after 2", "replay bundled", "replay bundled --json",
            "replay bundled --to 2", "replay bundled --at 2001-01-01T00:00:00Z",
            "replay --all", "replay --all --from 2001-01-01T00:00:00Z --to 2001-01-02T00:00:00Z",
            "get bundled", "get bundled --json", "get bundled --version 2", "get bundled --version 9",
            "get bundled --at 2099-01-01T00:00:00Z", "get bundled --at 20990101_000000",
            "diff bundled --from 1", "diff bundled --from 3 --to 1 --json", "diff bundled --from yesterday",
            "list", "list --json", "list --json --detail --limit 1",
            "list --status unexecuted --status completed", "list --status none",
            "list --as-of 2099-01-01T00:00:00+09:00 --json --detail", "list --as-of 2001-01-01T00:00:00Z",
            "list --as-of 2001-01-01",
            "report foreign", "report refused --json", "report corrected", "report durations", "report inconsistent",
        })
        {
            var words = command.Split(' ');
            var (here, there) = (
                await OptrackProcess.RunAsync([.. words, "--bundle", bundle]),
                await OptrackProcess.RunAsync([.. words, "--server", $"{tracker.Url}"]));
            here.ShouldBe(there with { OutBytes = here.OutBytes }, command);
            here.Out.ShouldBe(there.Out, command);
        }

        (await OptrackProcess.RunAsync("history", "nobody", "--bundle", bundle)).ExitCode.ShouldBe(3);
        (await OptrackProcess.RunAsync("get", "nobody", "--bundle", bundle)).ExitCode.ShouldBe(3);
        (await OptrackProcess.RunAsync("get", "bundled", "--bundle", bundle, "--wait")).ExitCode.ShouldBe(2);
        (await OptrackProcess.RunAsync("history", "x", "--bundle", "/no/such/file")).ExitCode.ShouldBe(2);
        await File.WriteAllBytesAsync(bundle, (await File.ReadAllBytesAsync(bundle))[..2_000]);
        var cut = await OptrackProcess.RunAsync("replay", "bundled", "--bundle", bundle);
        (cut.ExitCode, cut.Error.Contains("is not a whole bundle")).ShouldBe((1, true), cut.Error);
        TestDirectory.Delete(directory);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"events":null,"next_after":1,"at_end":true}""")]
    [InlineData("""{"events":[{}],"next_after":1,"at_end":true}""")]
    [InlineData("""{"events":[{"operation_id":"a","version":"1"}],"next_after":1,"at_end":true}""")]
    [InlineData("<html>")]
    public async Task An_answer_that_is_no_page_fails_in_a_sentence(string body)
    {
        await using var fake = await StartAsync(Answer(200, body));

        var outcome = await OptrackProcess.RunAsync("history", Id, "--server", fake.Url);

        outcome.ShouldBe(outcome with
        {
            ExitCode = 1, Error = $"The server's answer is not a page of events.{Environment.NewLine}",
        });
    }

    [Fact]
    public async Task Pages_that_do_not_go_on_are_not_followed_for_ever()
    {
        await using var fake = await StartAsync(Answer(200, Page([], 0, false)));

        (await OptrackProcess.RunAsync("history", Id, "--server", fake.Url)).ExitCode.ShouldBe(1);
    }

    private static string Page(string[] events, long next, bool atEnd) =>
        $$"""{"events":[{{string.Join(',', events)}}],"next_after":{{next}},"at_end":{{(atEnd ? "true" : "false")}}}""";

    private static string Event(
        int version, string kind, (int First, int Last) change, string time, string data,
        string sender = """{"address":"192.0.2.10"}""", string changed = "", bool isForeign = false) => $$"""
        {"operation_id":"{{Id}}","version":{{version}},"position":{{version + 16}},
         "id":"0f3e5a8e-7d0c-4d0e-9a55-0d4f3f0c9b61",
         "kind":"{{kind}}","received_time":"2026-11-20T{{time}}Z","sender":{{sender}},
         "change":{"first":{{change.First}},"last":{{change.Last}}},"foreign":{{(isForeign ? "true" : "false")}},
         "changed":[{{changed}}],"data":{{data}}}
        """;
}
