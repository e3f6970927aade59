using Microsoft.AspNetCore.Http;
using static OperationTracker.Tests.Cli.FakeTracker;

namespace OperationTracker.Tests.Cli;

public sealed class ListCommandTests
{
    [Fact]
    public async Task People_see_all_pages_as_one_table()
    {
        await using var tracker = await StartAsync(
            Page("t/1+", Row("1", "executing", "POST", "/v1/a"), Row("2", "completed", "DELETE", "/v1/\\u001b[2Jb")),
            Page(null, Row("0011795132800012-longer", "unexecuted", "PUT", "/v1/c")));

        var outcome = await OptrackProcess.RunAsync("list", "--server", tracker.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved("list-two-pages.txt");
        tracker.Seen.Select(request => request.Target).ShouldBe(
        [
            "/v1/operations?format=detail-list&limit=1000",
            "/v1/operations?format=detail-list&limit=1000&page_token=t%2F1%2B",
        ]);
    }

    [Fact]
    public async Task A_limit_is_one_page_and_says_how_to_go_on()
    {
        await using var tracker = await StartAsync(Page("next", Row("1", "executing", "POST", "/v1/a")));

        var outcome = await OptrackProcess.RunAsync(
            "list", "--limit", "1", "--page-token", "here", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(0);
        outcome.Error.ShouldBe($"There is more: --page-token next{Environment.NewLine}");
        tracker.Seen.Single().Target.ShouldBe("/v1/operations?format=detail-list&limit=1&page_token=here");
    }

    [Fact]
    public async Task Every_filter_reaches_the_tracker()
    {
        await using var tracker = await StartAsync(Answer(200, """{"operations":[]}"""));

        var outcome = await OptrackProcess.RunAsync(
            "list", "--json", "--detail", "--status", "failed", "--status", "canceled", "--cluster-id", "a&b=ä",
            "--method", "PATCH", "--uri", "/v1/", "--occurred-from", "20261120_000000", "--occurred-to",
            "20261121_000000", "--updated-from", "20261120_000001", "--updated-to", "20261121_000001",
            "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(0);
        tracker.Seen.Single().Target.ShouldBe(
            "/v1/operations?format=detail-list&status=failed&status=canceled&cluster_id=a%26b%3D%C3%A4&method=PATCH"
            + "&uri=%2Fv1%2F&occurred_from=20261120_000000&occurred_to=20261121_000000"
            + "&updated_from=20261120_000001&updated_to=20261121_000001");
    }

    [Fact]
    public async Task Programs_get_the_answers_bytes_and_no_more()
    {
        const string Answered = "{\"operation_ids\" : [\"1\", \"2\"]}";
        await using var tracker = await StartAsync(Answer(200, Answered));

        var outcome = await OptrackProcess.RunAsync("list", "--json", "--server", tracker.Url);

        outcome.Out.ShouldBe(Answered);
        tracker.Seen.Single().Target.ShouldBe("/v1/operations");
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--limit=3")]
    public async Task A_list_that_breaks_off_is_told_as_broken(string option)
    {
        await using var tracker = await StartAsync(async context =>
        {
            // Kestrel closes the connection when less comes than was promised.
            context.Response.ContentLength = 1_000;
            await context.Response.WriteAsync("""{"operations":[""");
        });

        var outcome = await OptrackProcess.RunAsync("list", option, "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(69);
        outcome.Error.ShouldStartWith($"The answer of {tracker.Url}/ broke off: ");
    }

    [Fact]
    public async Task A_list_that_pauses_is_not_given_up_while_parts_of_it_come()
    {
        await using var tracker = await StartAsync(async context =>
        {
            for (var part = 0; part < 6; part++)
            {
                await context.Response.WriteAsync(part == 0 ? "[0" : $",{part}");
                await context.Response.Body.FlushAsync();
                await Task.Delay(300);
            }
            await context.Response.WriteAsync("]");
        });

        var outcome = await OptrackProcess.RunAsync("list", "--json", "--timeout", "1.6", "--server", tracker.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldBe("[0,1,2,3,4,5]");
    }

    [Fact]
    public async Task Pages_that_go_round_in_a_circle_are_left()
    {
        await using var tracker = await StartAsync(Page("same"));

        var outcome = await OptrackProcess.RunAsync("list", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(1);
        tracker.Seen.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_list_ends_when_its_reader_leaves()
    {
        if (OperatingSystem.IsWindows()) return;
        var pages = 0;
        await using var tracker = await StartAsync(
            context => Page($"{++pages}", Row("1", "executing", "POST", "/v1/a"))(context));

        var exitCode = await OptrackProcess.RunWithImpatientReaderAsync("list", "--server", tracker.Url);

        exitCode.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"operation_ids":["1"]}""")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("null")]
    public async Task An_answer_of_another_kind_fails_in_a_sentence(string answered)
    {
        await using var tracker = await StartAsync(Answer(200, answered));

        var outcome = await OptrackProcess.RunAsync("list", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(1);
        outcome.Error.ShouldBe($"The server's answer is not a list of operations.{Environment.NewLine}");
    }

    [Fact]
    public async Task A_refused_filter_is_told_with_its_reason()
    {
        await using var tracker = await StartAsync(Error(
            400, "010002", "Parameter value error.", """[{"path":"occurred_from","reason":"not a time"}]"""));

        var outcome = await OptrackProcess.RunAsync("list", "--occurred-from", "now", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(1);
        outcome.OutBytes.ShouldBeEmpty();
        outcome.Error.ShouldContain("occurred_from");
        outcome.Error.ShouldContain("not a time");
    }

    private static Func<HttpContext, Task> Page(string? next, params string[] rows) =>
        Answer(200, $"{{\"operations\":[{string.Join(',', rows)}]{Token(next)}}}");

    private static string Token(string? next) => next is null ? "" : $",\"next_page_token\":\"{next}\"";

    private static string Row(string id, string status, string method, string uri) => $$"""
        {"operation_id":"{{id}}","occurred_time":"20261120_090000","last_update_time":"20261120_090009",
         "status":"{{status}}","request":{"uri":"{{uri}}","method":"{{method}}"},"target_clusters":[{"x":[1]}]}
        """;
}
