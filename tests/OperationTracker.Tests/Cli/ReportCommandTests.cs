using static OperationTracker.Tests.Cli.FakeTracker;

namespace OperationTracker.Tests.Cli;

public sealed class ReportCommandTests
{
    private const string Event = """
        "operation_id":"0011795132860005","version":4,"position":31,
        "received_time":"2026-11-20T09:02:13.000350Z","sender":{}
        """;

    [Fact]
    public async Task All_reports_are_shown_one_after_the_other()
    {
        await using var fake = await StartAsync(context => Answer(200, Page($"{context.Request.Path}"))(context));

        var outcome = await OptrackProcess.RunAsync(
            "report", "--longer-than", "60", "--from", "20261120_000000", "--server", fake.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved("report.txt");
        fake.Seen.Select(one => one.Target).ShouldBe(
        [
            "/v1/reports/stuck?limit=500&longer_than=60",
            "/v1/reports/inconsistent?limit=500",
            "/v1/reports/corrected?after=0&limit=500&from=20261120_000000",
            "/v1/reports/clashes?after=0&limit=500&from=20261120_000000",
            "/v1/reports/refused?after=0&limit=500&from=20261120_000000",
            "/v1/reports/foreign?after=0&limit=500&from=20261120_000000",
            "/v1/reports/durations?after=0&from=20261120_000000",
        ]);
    }

    [Fact]
    public async Task Pages_are_followed_and_their_buckets_added_up()
    {
        await using var fake = await StartAsync(
            Answer(200, """
                {"durations":[{"state":"executing","count":1,"max_seconds":1,"buckets":[[698,1]]}],
                 "next_after":50,"at_end":false}
                """),
            Answer(200, """
                {"durations":[{"state":"executing","count":99,"max_seconds":60.5,"buckets":[[905,99]]}],
                 "next_after":70,"at_end":true}
                """),
            Answer(200, """{"findings":[],"next_page_token":"a/b"}"""),
            Answer(200, """{"findings":[{"operation_id":"1"  , "places":[]}]}"""));

        var durations = await OptrackProcess.RunAsync("report", "durations", "--server", fake.Url);
        var json = await OptrackProcess.RunAsync("report", "inconsistent", "--json", "--server", fake.Url);

        durations.Out.ShouldBe(
            $"  executing         100 times  p50 1 min 0 s, p95 1 min 0 s, longest 1 min 0 s{Environment.NewLine}");
        json.Out.ShouldBe("""{"operation_id":"1"  , "places":[]}""" + Environment.NewLine);
        fake.Seen.Select(one => one.Target).ShouldBe(
        [
            "/v1/reports/durations?after=0", "/v1/reports/durations?after=50",
            "/v1/reports/inconsistent?limit=500", "/v1/reports/inconsistent?page_token=a%2Fb&limit=500",
        ]);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"findings":[{}]}""")]
    [InlineData("""{"findings":[{"operation_id":7,"version":1}]}""")]
    public async Task An_answer_that_is_no_report_fails_in_a_sentence(string body)
    {
        await using var fake = await StartAsync(Answer(200, body));

        var outcome = await OptrackProcess.RunAsync("report", "refused", "--server", fake.Url);

        outcome.ShouldBe(
            outcome with { ExitCode = 1, Error = $"The server's answer is not a report.{Environment.NewLine}" });
    }

    [Fact]
    public async Task An_error_of_the_tracker_is_told()
    {
        await using var fake = await StartAsync(Error(400, "010002", "Parameter value error."));

        (await OptrackProcess.RunAsync("report", "refused", "--from", "x", "--server", fake.Url)).ExitCode.ShouldBe(1);
    }

    private static string Page(string path) => path.Split('/')[^1] switch
    {
        "stuck" => """
            {"findings":[{"operation_id":"0011795132860005","occurred_time":"20261120_090100",
             "method":"POST","uri":"/v1/clusters/1","executing_since":"2026-11-20T09:01:00.204117Z",
             "seconds":4000.5,"bound_seconds":60,"bound":"longer_than"}]}
            """,
        "inconsistent" => """
            {"findings":[{"operation_id":"0011795132860005","occurred_time":"20261120_090100",
             "last_update_time":"20261120_090213","state":"failed",
             "places":[{"path":"/target_clusters/0","cluster_id":"1\u001b","reason":"rollback failed"},
             {"path":"/response/body","reason":"unknown"}]}]}
            """,
        "corrected" => Log($$"""
            {{Event}},"kind":"result_corrected",
             "first":{"version":3,"received_time":"2026-11-20T09:01:13.000350Z","state":"failed","status_code":500},
             "corrected":{"version":4,"received_time":"2026-11-20T09:02:13.000350Z","state":"canceled"}
            """),
        "clashes" => Log(
            $$"""{{Event}},"kind":"document_amended","changed":[{"op":"replace","path":"/request/uri"}]"""),
        "refused" => Log($$"""
            {{Event}},"kind":"update_refused","from":"completed","to":"executing","reason":"status_going_back"
            """),
        "foreign" => Log($$"""{{Event}},"kind":"note_added" """),
        _ => """
            {"durations":[{"state":"executing","count":2,"max_seconds":62,"buckets":[[900,1],[907,1]]}],
             "next_after":9,"at_end":true}
            """,
    };

    private static string Log(string finding) => $$"""{"findings":[{{{finding}}}],"next_after":31,"at_end":true}""";
}
