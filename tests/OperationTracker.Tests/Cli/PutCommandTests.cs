using System.Text;
using static OperationTracker.Tests.Cli.FakeTracker;

namespace OperationTracker.Tests.Cli;

public sealed class PutCommandTests
{
    private const string Id = "0011795132800012";
    private static readonly string File = Sample("03_completed_201_object_id.json");

    [Fact]
    public async Task The_bytes_of_the_file_are_sent_untouched_to_the_documents_own_id()
    {
        await using var tracker = await StartAsync(Answer(200, "", ("ETag", SomeETag)));

        var outcome = await OptrackProcess.RunAsync("put", File, "--server", tracker.Url);

        outcome.ShouldBe(outcome with { ExitCode = 0, Error = "" });
        outcome.Out.ShouldBe($"{Id} stands as sent, ETag {SomeETag}.{Environment.NewLine}");
        var request = tracker.Seen.ShouldHaveSingleItem();
        request.Body.ShouldBe(await System.IO.File.ReadAllBytesAsync(File));
        request.Method.ShouldBe("PUT");
        request.Target.ShouldBe($"/v1/operations/{Id}");
        request.ContentType.ShouldBe("application/json");
        (request.IfMatch, request.IfNoneMatch).ShouldBe((null, null));
    }

    [Fact]
    public async Task Standard_input_keeps_its_byte_order_mark_and_its_spaces()
    {
        const string Document = "\uFEFF" + """
             {"n":1.0,  "request":{"operation_id":"no"},"operation_id" : "a\u002d1"}

            """;
        await using var tracker = await StartAsync(Answer(200, "", ("ETag", SomeETag)));

        var outcome = await OptrackProcess.RunAsync(Document, ["put", "-", "--json", "--server", tracker.Url]);

        outcome.Out.ShouldBe("""{"operation_id":"a-1","etag":"\"3-5f2a\"","http_status":200}""" + Environment.NewLine);
        tracker.Seen.Single().Target.ShouldBe("/v1/operations/a-1");
        tracker.Seen.Single().Body.ShouldBe(Encoding.UTF8.GetBytes(Document));
    }

    [Fact]
    public async Task A_given_id_is_escaped_and_the_body_is_not_even_looked_at()
    {
        await using var tracker = await StartAsync(Error(400, "010001", "Parameter format error."));

        var outcome = await OptrackProcess.RunAsync(
            "no JSON", ["put", "-", "--id", "a/b ä", "--server", tracker.Url]);

        outcome.ExitCode.ShouldBe(1);
        tracker.Seen.Single().Target.ShouldBe("/v1/operations/a%2Fb%20%C3%A4");
    }

    [Theory]
    [InlineData("3-5f2a", "\"3-5f2a\"")]
    [InlineData("\"3-5f2a\"", "\"3-5f2a\"")]
    [InlineData("*", "*")]
    public async Task If_match_is_sent_quoted(string given, string sent)
    {
        await using var tracker = await StartAsync(Error(412, "020003", "Exclusive control error."));

        var outcome = await OptrackProcess.RunAsync("put", File, "--if-match", given, "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(4);
        outcome.Error.ShouldBe($"020003 Exclusive control error. (HTTP 412){Environment.NewLine}");
        tracker.Seen.Single().IfMatch.ShouldBe(sent);
    }

    [Fact]
    public async Task Create_asks_that_nothing_exists()
    {
        await using var tracker = await StartAsync(Error(412, "030002", "Target resource already exist."));

        var outcome = await OptrackProcess.RunAsync("put", File, "--create", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(4);
        tracker.Seen.Single().IfNoneMatch.ShouldBe("*");
    }

    [Fact]
    public async Task A_refused_transition_is_a_conflict()
    {
        await using var tracker = await StartAsync(Error(409, "030007", "Transition status error."));

        var outcome = await OptrackProcess.RunAsync("put", File, "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(4);
        outcome.OutBytes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Every_fault_of_a_document_is_shown()
    {
        const string Details = """
            [{"path":"/status","reason":"not one of \u001b[31mthe five"},{"path":"/request/[body]","reason":"missing"}]
            """;
        await using var tracker = await StartAsync(Error(400, "010002", "Parameter value error.", Details));

        var outcome = await OptrackProcess.RunAsync("put", File, "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(1);
        outcome.OutBytes.ShouldBeEmpty();
        outcome.Error.ShouldMatchApproved("put-faults.txt");
    }

    [Fact]
    public async Task An_error_that_no_tracker_wrote_is_told_without_its_page()
    {
        await using var tracker = await StartAsync(Answer(502, "<html>"));

        var outcome = await OptrackProcess.RunAsync("put", File, "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(1);
        outcome.Error.ShouldBe($"The server answered HTTP 502 without a tracker's error body.{Environment.NewLine}");
    }

    [Fact]
    public async Task Unavailability_that_passes_is_waited_out()
    {
        await using var tracker = await StartAsync(
            Error(503, "020004", "Database transaction error.", headers: ("Retry-After", "1")),
            Error(503, "000001", "System status error."),
            Answer(200, "", ("ETag", SomeETag)));

        var outcome = await OptrackProcess.RunAsync("put", File, "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(0);
        outcome.Error.ShouldBe(string.Concat(
            $"The tracker is unavailable (HTTP 503). Repeating in 1 s (1 of 5).{Environment.NewLine}",
            $"The tracker is unavailable (HTTP 503). Repeating in 0.4 s (2 of 5).{Environment.NewLine}"));
        tracker.Seen.Count.ShouldBe(3);
        tracker.Seen.ShouldAllBe(request => request.Body.SequenceEqual(tracker.Seen[0].Body));
    }

    [Fact]
    public async Task Unavailability_that_stays_is_told_in_the_end()
    {
        await using var tracker = await StartAsync(Error(503, "020001", "Database connection error."));

        var outcome = await OptrackProcess.RunAsync("put", File, "--retries", "1", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(69);
        outcome.Error.ShouldEndWith($"020001 Database connection error. (HTTP 503){Environment.NewLine}");
        tracker.Seen.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_refused_connection_is_repeated_and_then_unavailable()
    {
        var outcome = await OptrackProcess.RunAsync("put", File, "--retries", "1", "--server", "http://127.0.0.1:1");

        outcome.ExitCode.ShouldBe(69);
        outcome.Error.ShouldContain("Repeating in 0.2 s (1 of 1).");
        outcome.Error.ShouldEndWith($"(127.0.0.1:1){Environment.NewLine}");
    }

    [Fact]
    public async Task A_silent_tracker_is_unavailable()
    {
        await using var tracker = await StartAsync(Silence);

        var outcome = await OptrackProcess.RunAsync(
            "put", File, "--timeout", "0.3", "--retries", "0", "--server", tracker.Url);

        outcome.ExitCode.ShouldBe(69);
        outcome.Error.ShouldBe($"{tracker.Url}/ did not answer within 0.3 s.{Environment.NewLine}");
    }

    [Theory]
    [InlineData("{", "The document is not JSON.")]
    [InlineData("", "The document is not JSON.")]
    [InlineData("{\"operation_id\":\"a\"", "The document is not JSON.")]
    [InlineData("[]", "The document is not a JSON object.")]
    [InlineData("{\"a\":{\"operation_id\":\"x\"}}", "The document has no operation_id; name one with --id.")]
    [InlineData("{\"operation_id\":7}", "The document has an operation_id that is not text.")]
    [InlineData("{\"operation_id\":\"\\ud800\"}", "The document has an operation_id that is not text.")]
    [InlineData("{\"operation_id\":\"..\"}", "'..' cannot be an operation_id.")]
    public async Task A_document_without_a_usable_id_is_not_sent(string document, string sentence)
    {
        var outcome = await OptrackProcess.RunAsync(document, ["put", "-", "--server", "http://127.0.0.1:1"]);

        outcome.ExitCode.ShouldBe(2);
        outcome.Error.ShouldBe(sentence + Environment.NewLine);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_named()
    {
        var outcome = await OptrackProcess.RunAsync("put", "no-such-file.json");

        outcome.ExitCode.ShouldBe(2);
        outcome.Error.ShouldStartWith("'no-such-file.json' cannot be read: ");
    }

    private static string Sample(string name) => Path.Combine(AppContext.BaseDirectory, "Samples", name);
}
