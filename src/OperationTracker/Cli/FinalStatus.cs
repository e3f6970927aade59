using System.Net;
using System.Text.Json;

namespace OperationTracker.Cli;

/// <summary>
/// Waits until an operation's status is final, by asking again and again. Polls carry the ETag last seen, so that an
/// unchanged document costs a 304. What may pass is waited out: an operation nobody has reported yet, a tracker that
/// restarts. What will not pass, such as a bad id, ends the wait.
/// </summary>
internal sealed class FinalStatus(TrackerClient client, Terminal terminal, TimeProvider clock)
{
    private string? etag;
    private Waiting seen = new(ExitCodes.Failed, "not asked for yet");
    private string? lastSaid;

    /// <returns>The answer with the final document, or an error that waiting will not mend.</returns>
    /// <exception cref="ExitException">The time ran out first.</exception>
    public async Task<TrackerAnswer> AwaitAsync(
        string operationId, TimeSpan interval, TimeSpan timeout, CancellationToken token)
    {
        var start = clock.GetTimestamp();
        while (true)
        {
            var (answer, state) = await AskAsync(operationId, token);
            if (answer is not null) return answer;

            var left = timeout - clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero)
                throw new ExitException(
                    state.ExitCode, $"Gave up after {timeout.TotalSeconds:0.###} s: {operationId} is {state.What}.");
            Say($"{operationId} is {state.What}; waiting.");
            await Task.Delay(left < interval ? left : interval, clock, token);
        }
    }

    /// <summary>Why the wait goes on, and what the exit code is if it ends here.</summary>
    private sealed record Waiting(int ExitCode, string What);

    private async Task<(TrackerAnswer? Settled, Waiting State)> AskAsync(string operationId, CancellationToken token)
    {
        try
        {
            var request = client.Request(HttpMethod.Get, operationId);
            if (etag is not null) request.Headers.TryAddWithoutValidation("If-None-Match", etag);
            var answer = await client.AskAsync(request, token);
            return answer.Status switch
            {
                HttpStatusCode.OK => Judge(answer),
                HttpStatusCode.NotModified => (null, seen),
                HttpStatusCode.NotFound => (null, new Waiting(ExitCodes.NotFound, "not reported yet")),
                HttpStatusCode.ServiceUnavailable => (null, Unavailable("the tracker is unavailable (HTTP 503)")),
                _ => (answer, seen),
            };
        }
        catch (TrackerUnavailableException unavailable)
        {
            return (null, Unavailable(unavailable.Message));
        }
    }

    private (TrackerAnswer?, Waiting) Judge(TrackerAnswer answer)
    {
        var status = StatusOf(answer.Body);
        seen = new Waiting(ExitCodes.Failed, status);
        etag = answer.ETag;
        return (status is "completed" or "failed" or "canceled" ? answer : null, seen);
    }

    private static Waiting Unavailable(string why) => new(ExitCodes.Unavailable, $"out of sight: {why.TrimEnd('.')}");

    private static string StatusOf(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.GetProperty("status").GetString()!;
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new ExitException(ExitCodes.Failed, "The server's answer is not an operation's document.");
        }
    }

    /// <summary>A long wait says what changes, not that nothing does.</summary>
    private void Say(string sentence)
    {
        if (sentence == lastSaid) return;
        lastSaid = sentence;
        terminal.Say(sentence);
    }
}
