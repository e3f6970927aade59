using static OperationTracker.Tests.Api.PutOperationTests;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>The form of what is sent with a PUT, and of what the sender takes; the trace that it is part of.</summary>
public sealed class PutNegotiationTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    [Theory]
    [InlineData(null, 200)]
    [InlineData("application/json", 200)]
    [InlineData("Application/JSON", 200)]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("application/json;charset=\"UTF-8\"", 200)]
    [InlineData("application/json; charset=utf8", 415)]
    [InlineData("application/json; charset=iso-8859-1", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/merge-patch+json", 415)]
    [InlineData("application/*", 415)]
    [InlineData("text/json", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("json", 415)]
    [InlineData("", 415)]
    public async Task Only_json_in_utf8_is_taken(string? type, int status)
    {
        var headers = type is null ? [] : new[] { ("Content-Type", type) };
        var put = await tracker.PutAsync("media", Document("media"), headers);

        put.Status.ShouldBe(status);
        if (status != 200) ShouldBeError(put, status, "010001");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity")]
    [InlineData("")]
    public async Task No_content_encoding_is_taken(string encoding) => ShouldBeError(
        await tracker.PutAsync("media", Document("media"), ("Content-Encoding", encoding)), 415, "010001");

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("*/*", true)]
    [InlineData("application/*;q=0.1", true)]
    [InlineData("text/html, application/json;q=0.5", true)]
    [InlineData("", true)]
    [InlineData("application/json;charset=utf-8", true)]
    [InlineData("text/html", false)]
    [InlineData("application/json;q=0", false)]
    [InlineData("*/*, application/json;q=0", false)]
    [InlineData("application/*;q=0, */*", false)]
    public async Task An_accept_that_excludes_json_is_406(string accept, bool taken)
    {
        await tracker.PutAsync("accept", Document("accept"));
        foreach (var answer in new[]
        {
            await tracker.PutAsync("accept", Document("accept"), ("Accept", accept)),
            await tracker.GetAsync("/v1/operations/accept", ("Accept", accept)),
            await tracker.GetAsync("/v1/operations", ("Accept", accept)),
        })
        {
            if (taken) answer.Status.ShouldBe(200);
            else ShouldBeError(answer, 406, "010001");
        }
    }

    [Theory]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false)]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736", false)]
    [InlineData("4bf92f3577b34da6a3ce929d0e0e4736", false)]
    [InlineData("", false)]
    public async Task An_event_tells_the_trace_that_its_sender_told_or_one_of_its_own(string parent, bool readable)
    {
        var id = $"trace-{parent.Length}-{parent.LastOrDefault('x')}-{readable}";
        (await tracker.PutAsync(id, Document(id), ("traceparent", parent))).Status.ShouldBe(200);
        (await tracker.PutAsync(id, Document(id, "completed"), ("traceparent", parent))).Status.ShouldBe(200);

        var traces = (string[])(await tracker.ExecuteAsync(
            $"select array_agg(distinct correlation_id::text) from tracker.mt_events where stream_id = '{id}'"))!;

        traces.ShouldAllBe(trace => trace.Length == 32 && trace.All(char.IsAsciiHexDigitLower));
        traces.ShouldNotContain(new string('0', 32));
        if (readable) traces.ShouldBe(["4bf92f3577b34da6a3ce929d0e0e4736"]);
        else traces.Length.ShouldBe(2);
    }
}
