using System.Net;
using System.Net.Sockets;
using System.Text;
using OperationTracker.Tests.Operations;
using Xunit.Abstractions;

namespace OperationTracker.Tests.Api;

/// <summary>
/// What <c>eng/torture hostile</c> sends, in small: OPTRACK_CASES (2,000 by default) decides how much of it. Each
/// checker is shown an answer that is wrong.
/// </summary>
[Collection(RunsAlone.Name)]
public sealed class HostileInputTests(TrackerServer tracker, ITestOutputHelper output) : IClassFixture<TrackerServer>
{
    private readonly HostileFindings _findings = new();

    [Fact]
    public async Task Texts_are_taken_and_given_back_or_refused_as_the_contract_has_it()
    {
        var cases = JsonCases.All();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(async part =>
        {
            using var client = new HostileClient(tracker.Url, _findings, "json");
            var run = new JsonCaseRun(client, _findings, $"json{part}");
            await run.RunAsync(cases.Where((_, i) => i % 3 == part));
            if (part == 0) await run.RunFramesAsync();
        }));

        ShouldBeClean();
        _findings.Answers["json Kept taken"].ShouldBeGreaterThan(250);
        _findings.Answers["json Refused refused"].ShouldBeGreaterThan(700);
    }

    [Fact]
    public async Task Naughty_strings_come_back_as_they_are_or_leave_nothing()
    {
        var stride = Math.Max(1, NaughtyStrings.All.Count * 200 / Law.Cases);
        using var client = new HostileClient(tracker.Url, _findings, "naughty");

        await new NaughtyRun(client, _findings, "naughty")
            .RunAsync(NaughtyStrings.All.Where((_, i) => i % stride == 0));

        ShouldBeClean();
        _findings.Answers["naughty value taken"].ShouldBeGreaterThan(100);
        _findings.Answers["naughty value refused"].ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task Requests_made_after_the_OpenApi_document_are_answered_as_it_says()
    {
        await new HostileLoad(tracker.Url, _findings, Law.FirstSeed).RunAsync(connections: 2, Law.Cases * 2);

        ShouldBeClean();
        foreach (var status in new[] { 200, 304, 400, 404, 405, 409, 412 })
            _findings.Answers.Keys.ShouldContain(key => key.EndsWith($" {status}", StringComparison.Ordinal),
                $"some answer is {status}");
    }

    [Fact]
    public async Task Garbage_harms_nobody_and_requests_in_a_row_are_answered_in_their_order()
    {
        var garbage = new Garbage(tracker.Url, _findings, Law.FirstSeed);
        await garbage.SendRandomAsync(0, Law.Cases / 20);
        await garbage.SendBrokenAsync(0, Law.Cases / 10);
        await garbage.PipelineAsync(Law.Cases / 400, "pipe");

        ShouldBeClean();
        (await tracker.GetAsync("/health/live")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData(200, "{\"a\":1}", 200, "{\"a\":1}", JsonVerdict.Kept, null)]
    [InlineData(400, "", 404, "", JsonVerdict.Refused, null)]
    [InlineData(200, "{\"a\":1}", 200, "{\"a\":1.0}", JsonVerdict.Kept, "/a")]
    [InlineData(200, "{\"a\":1}", 404, "", JsonVerdict.Kept, "is not there")]
    [InlineData(200, "{\"a\":1}", 200, "{\"a\":1}", JsonVerdict.Refused, "was taken")]
    [InlineData(200, "{\"a\":\"\\ud800\"}", 200, "{\"a\":\"\ufffd\"}", JsonVerdict.Either, "no JSON text")]
    [InlineData(400, "{\"a\":1}", 404, "", JsonVerdict.Kept, "was refused")]
    [InlineData(400, "{\"a\":1}", 200, "{}", JsonVerdict.Refused, "left something")]
    [InlineData(500, "{\"a\":1}", 404, "", JsonVerdict.Either, "answered 500")]
    internal void The_judge_of_texts_sees_what_is_wrong(
        int put, string sent, int after, string got, JsonVerdict verdict, string? fault)
    {
        var found = JsonCaseRun.FaultOf(
            sent.Bytes(), verdict, AnswerOf("GET", 404, ""), AnswerOf("PUT", put, ""), AnswerOf("GET", after, got));

        (found ?? "nothing").ShouldContain(fault ?? "nothing");
    }

    [Theory]
    [InlineData(true, 200, false)]
    [InlineData(true, 404, false)]
    [InlineData(true, 400, true)]
    [InlineData(true, 500, true)]
    [InlineData(false, 400, false)]
    [InlineData(false, 200, true)]
    [InlineData(false, 304, true)]
    [InlineData(null, 200, false)]
    public void The_judge_of_the_OpenApi_document_sees_what_is_wrong(bool? isSound, int status, bool isFault) =>
        (OpenApiFuzzer.FaultOf(new OpenApiFuzzer.Fuzzed(new HostileRequest("GET", "/", "", null, null), isSound),
            status) is not null)
            .ShouldBe(isFault);

    [Theory]
    [InlineData("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "neither the application's")]
    [InlineData(
        "HTTP/1.1 200 OK\r\nX-Content-Type-Options: nosniff\r\nContent-Type: application/json\r\n"
        + "Content-Length: 2\r\n\r\n{}",
        "is missing")]
    [InlineData("", "hung up without an answer")]
    public async Task A_server_that_fails_is_found_out(string answer, string fault)
    {
        using var server = new FoolishServer(answer);
        using (var client = new HostileClient(server.Url, _findings, "fool"))
            await client.SendAsync("GET", "/v1/operations/a");
        var garbage = new HostileFindings();
        await new Garbage(server.Url, garbage, 1).SendBrokenAsync(1, 6);

        _findings.Texts.ShouldContain(text => text.Contains(fault));
        if (answer.Contains("500")) garbage.Texts.ShouldNotBeEmpty();
    }

    private static Answer AnswerOf(string method, int status, string body) =>
        new(method, "/v1/operations/a", status, new Dictionary<string, string>(), body.Bytes());

    private void ShouldBeClean()
    {
        foreach (var (answer, count) in _findings.Answers.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            output.WriteLine($"{count,7} {answer}");
        _findings.Texts.ShouldBeEmpty($"with the seed {Law.FirstSeed}");
        foreach (var log in new[] { tracker.Log, PostgresServer.Log })
            log.Lines.Where(line => line.Contains(HostileRequest.Canary) || line.Contains("${jndi")).ShouldBeEmpty();
        tracker.Log.Lines.Where(line => line.Contains("xception") || line.Contains("nexpected")
            || line.Contains("nhandled") || line.Contains("abnormally"))
            .ShouldBeEmpty();
    }

    /// <summary>Answers everything with the same bytes, and hangs up.</summary>
    private sealed class FoolishServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();

        public FoolishServer(string answer)
        {
            _listener.Start();
            _ = ServeAsync(Encoding.ASCII.GetBytes(answer));
        }

        public Uri Url => new($"http://{_listener.LocalEndpoint}");

        public void Dispose()
        {
            _stop.Cancel();
            _listener.Dispose();
            _stop.Dispose();
        }

        private async Task ServeAsync(byte[] answer)
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var stream = client.GetStream();
                await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, _stop.Token);
                await stream.WriteAsync(answer, _stop.Token);
                client.Client.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null, _stop.Token);
            }
        }
    }
}
