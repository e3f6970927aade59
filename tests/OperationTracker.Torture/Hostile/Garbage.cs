using System.Text;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// Bytes that are no HTTP, or HTTP cut off, doubled and in disorder. The server may hang up, and may not fail.
/// </summary>
internal sealed class Garbage(Uri url, HostileFindings findings, int seed)
{
    /// <summary>Streams of random bytes, half of them behind a sound head, each on a connection of its own.</summary>
    public async Task SendRandomAsync(int from, int to)
    {
        for (var number = from; number < to && !findings.IsFull; number++)
        {
            var random = new Random(unchecked(seed * 31 + number));
            var bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            if (number % 2 == 0) bytes = [.. "PUT /v1/operations/a HTTP/1.1\r\nHost: localhost\r\n"u8, .. bytes];
            await SendAsync("garbage", bytes, number, hangUp: number % 7 == 0);
        }
    }

    /// <summary>Sound requests, with pieces cut off, doubled or exchanged.</summary>
    public async Task SendBrokenAsync(int from, int to)
    {
        for (var number = from; number < to && !findings.IsFull; number++)
        {
            var random = new Random(unchecked(seed * 37 + number));
            byte[] bytes = [.. Enumerable.Range(0, random.Next(1, 4)).SelectMany(
                i => HostileRequest.Of(unchecked(number * 5 + i), "broken").ToBytes(url.Authority))];
            var (one, other) = (random.Next(bytes.Length), random.Next(bytes.Length));
            if (one > other) (one, other) = (other, one);
            bytes = random.Next(4) switch
            {
                0 => bytes[..one],
                1 => [.. bytes[..other], .. bytes[one..]],
                2 => [.. bytes[other..], .. bytes[..other]],
                _ => [.. bytes[..one], .. bytes[other..]],
            };
            await SendAsync("broken", bytes, number, hangUp: number % 7 == 0);
        }
    }

    /// <summary>Many requests at once on one connection: the answers come in their order, each to its own.</summary>
    public async Task PipelineAsync(int times, string owner)
    {
        using var client = new HostileClient(url, findings, "pipelined");
        for (var round = 0; round < times && !findings.IsFull; round++)
        {
            HostileRequest[] requests = [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0
                ? new HostileRequest("PUT", $"/v1/operations/{owner}-{i / 2}", "",
                    Document($"{owner}-{i / 2}", round), null)
                : new HostileRequest("GET", $"/v1/operations/{owner}-{i / 2}", "", null, null))];
            var answers = await client.SendAllAsync(requests);
            for (var i = 1; i < requests.Length; i += 2)
                if (answers[i] is not { Status: 200 } answer
                    || JsonText.Difference(requests[i - 1].Body!, answer.Body) is not null)
                    findings.Add($"pipelined: {requests[i].Target} in round {round} is not what was put just before");
        }
    }

    private static byte[] Document(string id, int note) =>
        new JsonCase("note", Encoding.UTF8.GetBytes($"{note}"), JsonVerdict.Kept).Within(id, inRequest: false);

    private async Task SendAsync(string kind, byte[] bytes, int number, bool hangUp)
    {
        using var connection = await RawHttp.ConnectAsync(url);
        try
        {
            await connection.WriteAsync(bytes);
            if (hangUp)
            {
                connection.Reset();
                findings.Count(kind, kind, 0);
                return;
            }

            connection.EndSending();
            for (var answers = 0; !connection.Closed; answers++)
            {
                // Whatever the method was: a body that is told and does not come ends with the connection.
                var answer = await connection.ReadAsync("GET", "/");
                findings.Count(kind, kind, answer.Status);
                // 505 is the web server's, to a version of HTTP that there is not.
                if (answer.Status is >= 500 and not 505) findings.Add($"{kind} {number}: {answer.Status}");
            }
        }
        catch (Exception fault) when (
            fault is IOException or IndexOutOfRangeException or ArgumentException or FormatException)
        {
            // It hung up, which it may; or answered to HEAD, after which this reader cannot tell where the next
            // answer begins.
            findings.Count(kind, kind, 0);
        }
        catch (OperationCanceledException)
        {
            findings.Add($"{kind} {number}: the connection stayed open for 35 s");
        }
    }
}
