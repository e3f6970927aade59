using System.Diagnostics;
using System.Text;
using static OperationTracker.Tests.Cli.FakeTracker;

namespace OperationTracker.Tests.Cli;

public sealed class GetCommandTests
{
    private const string Id = "0011795132860005";
    private static readonly string Executing = Sample("02_executing_sub_status.json");
    private static readonly string Completed = Executing.Replace(
        "\"executing\"", "\"completed\",\n  \"response\": { \"status_code\": 201, \"body\": \"\" }");

    [Theory]
    [InlineData("02_executing_sub_status.json")]
    [InlineData("09_multi_cluster_failed_rollback_completed.json")]
    [InlineData("11_rollback_none.json")]
    [InlineData("quirks/q2_empty_response_objects.json")]
    public async Task People_see_a_summary(string sample)
    {
        await using var tracker = await StartAsync(Document(Sample(sample)));

        var outcome = await OptrackProcess.RunAsync("get", Id, "--server", tracker.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldMatchApproved($"get-{Path.GetFileNameWithoutExtension(sample)}.txt");
        outcome.Out.ShouldNotContain("not-a-real-secret");
        tracker.Seen.Single().Target.ShouldBe($"/v1/operations/{Id}");
    }

    [Fact]
    public async Task Programs_see_the_bytes_that_came()
    {
        const string Answered = "{ \"status\":\"\u009bno ä \\u00e4\",\r\n  \"n\":1.0, \"n\":1e2 }";
        await using var tracker = await StartAsync(Document(Answered));

        var outcome = await OptrackProcess.RunAsync("get", Id, "--json", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(0);
        outcome.OutBytes.ShouldBe(Encoding.UTF8.GetBytes(Answered + "\n"));
    }

    [Fact]
    public async Task Control_characters_and_markup_are_shown_not_obeyed()
    {
        const string Answered = """
            {"operation_id":"1","status":"\u001b]0;title\u0007","sub_status":"[red]a\nb[/]\u202e\u009b2J\u007f",
             "request":{"method":"POST","uri":"/\ud83d\ude00","body":"\u0000"},"odd\u001b":[1, 2],"half":"\ud800",
             "response":{"status_code":"x","body":"\r"},"target_clusters":[{"cluster_id":7,"request":"no"},5],
             "rollbacks":"none"}
            """;
        await using var tracker = await StartAsync(Document(Answered));

        var outcome = await OptrackProcess.RunAsync("get", "1", "--server", tracker.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldAllBe(c => !char.IsControl(c) || c == '\n');
        outcome.Out.ShouldMatchApproved("get-hostile.txt");
    }

    [Fact]
    public async Task An_unknown_operation_is_exit_3()
    {
        await using var tracker = await StartAsync(Error(404, "030001", "Target resource not found."));

        var outcome = await OptrackProcess.RunAsync("get", Id, "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(3);
        outcome.OutBytes.ShouldBeEmpty();
        outcome.Error.ShouldBe($"030001 Target resource not found. (HTTP 404){Environment.NewLine}");
    }

    [Fact]
    public async Task An_answer_that_is_not_JSON_fails_in_a_sentence()
    {
        await using var tracker = await StartAsync(Answer(200, "<html>"));

        var outcome = await OptrackProcess.RunAsync("get", Id, "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(1);
        outcome.Error.ShouldBe($"The server's answer is not JSON.{Environment.NewLine}");
    }

    [Fact]
    public async Task A_refused_connection_is_exit_69()
    {
        var outcome = await OptrackProcess.RunAsync("get", Id, "--server", "http://127.0.0.1:1");

        outcome.ExitCode.ShouldBe(69);
        outcome.Error.ShouldStartWith("http://127.0.0.1:1/ cannot be reached: ");
    }

    [Fact]
    public async Task Waiting_asks_with_the_last_ETag_until_the_status_is_final()
    {
        await using var tracker = await StartAsync(
            Error(404, "030001", "Target resource not found."),
            Document(Executing),
            Answer(304, "", ("ETag", SomeETag)),
            Error(503, "000001", "System status error."),
            Answer(304, "", ("ETag", SomeETag)),
            Document(Completed));

        var outcome = await OptrackProcess.RunAsync(
            "get", Id, "--wait", "--interval", "0.05", "--json", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(0);
        outcome.Out.ShouldBe(Completed + "\n");
        outcome.Error.ShouldMatchApproved("get-wait.txt");
        tracker.Seen.Select(request => request.IfNoneMatch)
            .ShouldBe([null, null, SomeETag, SomeETag, SomeETag, SomeETag]);
    }

    [Fact]
    public async Task Waiting_ends_on_an_error_that_will_not_pass()
    {
        await using var tracker = await StartAsync(
            Document(Executing), Error(400, "010002", "Parameter value error."));

        var outcome = await OptrackProcess.RunAsync(
            "get", Id, "--wait", "--interval", "0.05", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(1);
        tracker.Seen.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(200, 1, "is executing.")]
    [InlineData(404, 3, "is not reported yet.")]
    [InlineData(503, 69, "is out of sight: the tracker is unavailable (HTTP 503).")]
    public async Task Waiting_gives_up_in_time(int status, int exitCode, string why)
    {
        await using var tracker = await StartAsync(status == 200 ? Document(Executing) : Error(status, "000001", "x"));

        var outcome = await OptrackProcess.RunAsync(
            "get", Id, "--wait", "--wait-timeout", "0.2", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(exitCode);
        outcome.OutBytes.ShouldBeEmpty();
        outcome.Error.ShouldEndWith($"Gave up after 0.2 s: {Id} {why}{Environment.NewLine}");
    }

    [Fact]
    public async Task Ctrl_C_ends_a_wait_with_130()
    {
        if (OperatingSystem.IsWindows()) return;
        await using var tracker = await StartAsync(Document(Executing));
        using var waiting = OptrackProcess.Start("get", Id, "--wait", "--interval", "60", "--server", tracker.Url);
        await tracker.FirstRequest;

        using var interrupt = Process.Start("kill", ["-INT", $"{waiting.Id}"]);
        var outcome = await waiting.EndAsync();

        outcome.ExitCode.ShouldBe(130);
        outcome.OutBytes.ShouldBeEmpty();
        outcome.Error.ShouldNotContain("Exception");
    }

    private static string Sample(string name) =>
        File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Samples", name));
}
