using static OperationTracker.Tests.Api.PutOperationTests;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

public sealed class GetOperationTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    [Fact]
    public async Task What_was_never_put_is_404() =>
        ShouldBeError(await tracker.GetAsync("/v1/operations/never"), 404, "030001");

    [Fact]
    public async Task Head_answers_as_get_does_without_the_body()
    {
        await tracker.PutAsync("head", Document("head", more: "\"x\":\"ü\""));
        var get = await tracker.GetAsync("/v1/operations/head");

        var head = await tracker.SendAsync(HttpMethod.Head, "/v1/operations/head", null);

        head.Body.ShouldBeEmpty();
        Told(head).ShouldBe(Told(get));
        get.Header("Content-Length").ShouldBe($"{get.Body.Length}");
        (await tracker.SendAsync(HttpMethod.Head, "/v1/operations/never", null)).Status.ShouldBe(404);

        static string Told(Answer answer) => string.Join('\n', answer.Headers
            .Where(header => header.Key != "Date").Select(header => $"{header.Key}: {header.Value}").Order()
            .Prepend($"{answer.Status}"));
    }

    [Fact]
    public async Task A_client_that_has_the_document_gets_304()
    {
        var etag = (await tracker.PutAsync("has", Document("has"))).Header("ETag")!;
        foreach (var value in new[] { etag, $"W/{etag}", $"\"x\", {etag}", "*" })
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            var answer = await tracker.SendAsync(method, "/v1/operations/has", null, ("If-None-Match", value));
            (answer.Status, answer.Header("ETag"), answer.Text).ShouldBe((304, etag, ""), value);
        }

        foreach (var value in new[] { "\"x\"", "x", "", etag.Trim('"') })
            (await tracker.GetAsync("/v1/operations/has", ("If-None-Match", value))).Status.ShouldBe(200, value);
        (await tracker.GetAsync("/v1/operations/never", ("If-None-Match", "*"))).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Headers_say_what_caches_and_browsers_must_know()
    {
        await tracker.PutAsync("headers", Document("headers"));

        var answer = await tracker.GetAsync("/v1/operations/headers");

        string.Join('\n', answer.Headers.Where(header => header.Key is not ("Date" or "ETag"))
            .Select(header => $"{header.Key}: {header.Value}").Order()).ShouldBe("""
            Cache-Control: no-cache
            Content-Length: 181
            Content-Type: application/json
            X-Content-Type-Options: nosniff
            """);
    }

    [Fact]
    public async Task The_bytes_are_compact_with_non_ascii_as_itself()
    {
        await tracker.PutAsync(
            "bytes", " " + Document("bytes", more: "\"x\" : \"\\u00e9 \\/ < \\u2028 \\\" \\\\ \\n \\u001f \\u007f\""));

        (await tracker.GetAsync("/v1/operations/bytes")).Text.ShouldMatchApproved("get-bytes.json");
    }

    [Fact]
    public async Task A_get_after_a_put_sees_it_on_every_node()
    {
        await using var other = await TrackerServer.StartAsync(tracker.ConnectionString);
        for (var i = 0; i < 50; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (tracker, other) : (other, tracker);
            var put = await writer.PutAsync("nodes", Document("nodes", more: $"\"n\":{i}"));
            (await reader.GetAsync("/v1/operations/nodes")).Header("ETag").ShouldBe(put.Header("ETag"));
        }
    }
}
