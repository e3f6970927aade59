using System.Diagnostics;
using System.Globalization;
using static OperationTracker.Tests.Api.PutOperationTests;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>HTTP itself, byte by byte: lengths, pieces, pauses, methods and hosts.</summary>
public sealed class HttpLayerTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    private const int Bound = 8 * 1024 * 1024;

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n")]
    [InlineData("transfer-encoding: Chunked\r\ncontent-length: 5\r\n")]
    public async Task Two_lengths_for_one_body_are_refused(string headers)
    {
        var body = Document("two");
        var answer = await RawHttp.SendAsync(tracker.Url, "PUT", "/v1/operations/two", headers, Chunked(body));

        ShouldBeError(answer, 400, "010001");
        (await tracker.GetAsync("/v1/operations/two")).Status.ShouldBe(404);
        ShouldBeError(
            await RawHttp.SendAsync(tracker.Url, "GET", "/v1/operations", headers, Chunked(body)), 400, "010001");
        ShouldBeError(await RawHttp.SendAsync(tracker.Url, "GET", "/nowhere", headers, Chunked(body)), 400, "010001");
        string[] others = ["/health/live", "/health/ready", "/openapi/v1.json", "/v1/projections/operations"];
        foreach (var target in others)
            OpenApiContract.Faults(
                await RawHttp.SendAsync(tracker.Url, "GET", target, headers, Chunked(body))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n")]
    [InlineData("Content-Length: 5, 5\r\n")]
    [InlineData("Content-Length: -1\r\n")]
    [InlineData("Content-Length: 0x5\r\n")]
    [InlineData("Content-Length: 99999999999999999999\r\n")]
    [InlineData("Transfer-Encoding: xchunked\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n")]
    [InlineData("X: a\r\n b\r\n")]
    [InlineData("Host: another\r\n")]
    [InlineData("X: \0\r\n")]
    [InlineData("no colon\r\n")]
    [InlineData(": no name\r\n")]
    public async Task Malformed_requests_are_400(string headers)
    {
        var answer = await RawHttp.SendAsync(tracker.Url, "PUT", "/v1/operations/malformed", headers, "12345");

        answer.Status.ShouldBe(400);
        OpenApiContract.Faults(answer).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("5\r\n12345\r\n0\r\n\r\n", 400)]
    [InlineData("z\r\n", 400)]
    [InlineData("-1\r\n", 400)]
    [InlineData("5;\nx\r\n12345\r\n0\r\n\r\n", 400)]
    [InlineData("5\r\n1234567\r\n0\r\n\r\n", 400)]
    [InlineData("fffffffff\r\n", 400)]
    public async Task Malformed_chunks_are_400(string body, int status)
    {
        var answer = await RawHttp.SendAsync(
            tracker.Url, "PUT", "/v1/operations/chunks", "Transfer-Encoding: chunked\r\n", body);

        ShouldBeError(answer, status, "010001");
    }

    [Fact]
    public async Task A_chunked_document_is_taken()
    {
        var body = Document("chunked");
        var answer = await RawHttp.SendAsync(
            tracker.Url, "PUT", "/v1/operations/chunked", "Transfer-Encoding: chunked\r\n", Chunked(body, 7));

        answer.Status.ShouldBe(200, answer.Text);
        JsonText.Difference((await tracker.GetAsync("/v1/operations/chunked")).Body, body.Bytes()).ShouldBeNull();
    }

    [Fact]
    public async Task A_chunked_body_over_the_bound_is_413()
    {
        using var connection = await RawHttp.ConnectAsync(tracker.Url);
        await connection.WriteAsync(Head("PUT", "/v1/operations/huge", "Transfer-Encoding: chunked\r\n"));
        var answering = connection.ReadAsync("PUT", "/v1/operations/huge");
        var chunk = Chunked(new string(' ', 1024 * 1024))[..^5];
        for (var sent = 0; sent < 2 * Bound && !answering.IsCompleted; sent += 1024 * 1024)
        {
            // The answer comes while the client is still sending; then its pipe may break.
            try
            {
                await connection.WriteAsync(chunk);
            }
            catch (IOException)
            {
                break;
            }
        }

        ShouldBeError(await answering, 413, "010003");
    }

    [Theory]
    [InlineData("")]
    [InlineData("Expect: 100-continue\r\n")]
    [InlineData("Content-Type: application/json\r\nIf-Match: *\r\n")]
    public async Task A_length_over_the_bound_is_answered_before_the_body_comes(string headers)
    {
        foreach (var length in new[] { $"{Bound + 4}", "9999999999999" })
        {
            using var connection = await RawHttp.ConnectAsync(tracker.Url);
            await connection.WriteAsync(Head("PUT", "/v1/operations/huge", $"{headers}Content-Length: {length}\r\n"));
            ShouldBeError(await connection.ReadAsync("PUT", "/v1/operations/huge"), 413, "010003");
        }
    }

    [Fact]
    public async Task A_client_that_asks_before_it_sends_is_told_to_go_on()
    {
        var body = Document("expect");
        using var connection = await RawHttp.ConnectAsync(tracker.Url);
        await connection.WriteAsync(
            Head("PUT", "/v1/operations/expect", $"Expect: 100-continue\r\nContent-Length: {body.Length}\r\n"));
        await connection.WriteAsync(body);

        (await connection.ReadAsync("PUT", "/v1/operations/expect")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("Accept: text/html", 406)]
    [InlineData("Content-Type: text/plain", 415)]
    [InlineData("Content-Encoding: gzip", 415)]
    [InlineData("If-None-Match: \"x\"", 400)]
    public async Task What_headers_decide_is_answered_before_the_body_comes(string header, int status)
    {
        using var connection = await RawHttp.ConnectAsync(tracker.Url);
        await connection.WriteAsync(Head("PUT", "/v1/operations/early", $"{header}\r\nContent-Length: 1000\r\n"));

        (await connection.ReadAsync("PUT", "/v1/operations/early")).Status.ShouldBe(status);
    }

    [Fact]
    public async Task A_body_that_trickles_is_given_up_with_408()
    {
        using var connection = await RawHttp.ConnectAsync(tracker.Url);
        await connection.WriteAsync(Head("PUT", "/v1/operations/slow", "Content-Length: 100000\r\n"));
        await connection.WriteAsync("{");
        var waited = Stopwatch.StartNew();

        var answer = await connection.ReadAsync("PUT", "/v1/operations/slow");

        answer.Status.ShouldBe(408);
        OpenApiContract.Faults(answer).ShouldBeEmpty();
        waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Clients_that_hang_up_half_way_leave_nothing_and_are_no_fault()
    {
        var body = Document("gone");
        for (var i = 0; i < 2000; i++)
        {
            using var connection = await RawHttp.ConnectAsync(tracker.Url);
            await connection.WriteAsync(Head("PUT", "/v1/operations/gone", $"Content-Length: {body.Length}\r\n"));
            await connection.WriteAsync(body[..(i % 20 * body.Length / 20)]);
            if (i % 3 == 0) await Task.Delay(i % 5 == 0 ? 1 : 0);
            if (i % 2 == 0) connection.Reset();
            else connection.EndSending();
        }

        (await tracker.GetAsync("/v1/operations/gone")).Status.ShouldBe(404);
        tracker.Log.Lines.Where(line => line.Contains("Unexpected") || line.Contains("Exception")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("POST", "/v1/operations/a", "GET, HEAD, PUT")]
    [InlineData("DELETE", "/v1/operations/a", "GET, HEAD, PUT")]
    [InlineData("PATCH", "/v1/operations/a", "GET, HEAD, PUT")]
    [InlineData("OPTIONS", "/v1/operations/a", "GET, HEAD, PUT")]
    [InlineData("TRACE", "/v1/operations/a", "GET, HEAD, PUT")]
    [InlineData("BREW", "/v1/operations/a", "GET, HEAD, PUT")]
    [InlineData("PUT", "/v1/operations", "GET, HEAD")]
    [InlineData("PUT", "/v1/operations/", "GET, HEAD")]
    [InlineData("POST", "/v1/operations", "GET, HEAD")]
    [InlineData("TRACE", "/v1/operations", "GET, HEAD")]
    [InlineData("OPTIONS", "/v1/operations", "GET, HEAD")]
    [InlineData("PUT", "/health/live", "GET")]
    [InlineData("POST", "/health/ready", "GET")]
    [InlineData("DELETE", "/openapi/v1.json", "GET")]
    public async Task A_method_that_a_path_lacks_is_405_with_those_that_it_has(
        string method, string target, string allow)
    {
        var answer = await RawHttp.SendAsync(tracker.Url, method, target);

        ShouldBeError(answer, 405, "010001");
        string.Join(", ", answer.Header("Allow")!.Split(", ").Order()).ShouldBe(allow);
        OpenApiContract.Faults(answer).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "/v1")]
    [InlineData("GET", "/v1/")]
    [InlineData("GET", "/v2/operations")]
    [InlineData("GET", "/health")]
    [InlineData("GET", "/health/live/x")]
    [InlineData("GET", "/openapi/v1.yaml")]
    [InlineData("PUT", "/v1/operations/a/history")]
    [InlineData("TRACE", "/")]
    [InlineData("OPTIONS", "*")]
    public async Task A_path_that_is_none_is_404(string method, string target)
    {
        var answer = await RawHttp.SendAsync(tracker.Url, method, target);

        ShouldBeError(answer, 404, "030001");
        OpenApiContract.Faults(answer).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:80")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("localhost.evil.example")]
    [InlineData("192.168.0.1")]
    public async Task A_host_that_is_not_loopbacks_is_refused(string host)
    {
        foreach (var target in new[] { "/v1/operations", "/health/live", "/", "/v1/operations/a" })
        {
            using var connection = await RawHttp.ConnectAsync(tracker.Url);
            await connection.WriteAsync($"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            ShouldBeError(await connection.ReadAsync("GET", target), 400, "010001");
        }
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:1")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]:8080")]
    public async Task Loopbacks_own_names_are_served(string host)
    {
        using var connection = await RawHttp.ConnectAsync(tracker.Url);
        await connection.WriteAsync($"GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\n");

        (await connection.ReadAsync("GET", "/health/live")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Too_many_headers_and_too_large_ones_are_431()
    {
        var many = string.Concat(Enumerable.Range(0, 101).Select(n => $"X{n}: y\r\n"));
        foreach (var headers in new[] { many, $"X: {new string('y', 33_000)}\r\n" })
        {
            var answer = await RawHttp.SendAsync(tracker.Url, "GET", "/v1/operations", headers);
            answer.Status.ShouldBe(431);
            OpenApiContract.Faults(answer).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Answers_come_in_the_order_of_requests_that_are_sent_ahead()
    {
        using var connection = await RawHttp.ConnectAsync(tracker.Url);
        var bodies = Enumerable.Range(0, 50).Select(n => Document("ahead", more: $"\"n\":{n}")).ToArray();
        await connection.WriteAsync(string.Concat(bodies.Select(body =>
            Head("PUT", "/v1/operations/ahead", $"Content-Length: {body.Length}\r\n") + body
            + Head("GET", "/v1/operations/ahead", ""))));

        foreach (var body in bodies)
        {
            (await connection.ReadAsync("PUT", "/v1/operations/ahead")).Status.ShouldBe(200);
            JsonText.Difference(
                (await connection.ReadAsync("GET", "/v1/operations/ahead")).Body, body.Bytes()).ShouldBeNull();
        }
    }

    private static string Chunked(string body, int size = int.MaxValue) => string.Concat(body.Chunk(size)
        .Select(piece => string.Create(CultureInfo.InvariantCulture, $"{piece.Length:x}\r\n{new string(piece)}\r\n")))
        + "0\r\n\r\n";

    private string Head(string method, string target, string headers) =>
        $"{method} {target} HTTP/1.1\r\nHost: {tracker.Url.Authority}\r\n{headers}\r\n";
}
