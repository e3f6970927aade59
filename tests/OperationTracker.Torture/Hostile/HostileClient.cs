using System.Globalization;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// Sends requests over a connection that is kept as long as the server keeps it, several at once where its user has
/// several, and judges every answer by the OpenAPI document.
/// </summary>
internal sealed class HostileClient(Uri url, HostileFindings findings, string kind) : IDisposable
{
    private const int LongAnswer = 16 * 1024;
    private const int LongAnswersBetween = 20;

    private RawHttp? _connection;
    private int _long;

    public Uri Url => url;

    public async Task<Answer?> SendAsync(string method, string target, byte[]? body = null, string headers = "") =>
        (await SendAllAsync([new HostileRequest(method, target, headers, body, null)]))[0];

    /// <summary>
    /// Pipelines requests. What a server that closes the connection leaves unanswered is sent again, alone.
    /// </summary>
    /// <returns>The answers; null for a request that got none, which is a finding.</returns>
    public async Task<Answer?[]> SendAllAsync(IReadOnlyList<HostileRequest> requests)
    {
        var answers = new Answer?[requests.Count];
        var done = await ExchangeAsync(requests, answers, 0, requests.Count);
        while (done < requests.Count)
        {
            var next = done + 1;
            // Alone: what stood before it cannot be why it gets no answer.
            if (await ExchangeAsync(requests, answers, done, next) == done)
                findings.Add($"{kind}: {Describe(requests[done])}: hung up without an answer");
            done = next;
        }

        return answers;
    }

    public static string Describe(HostileRequest request) =>
        $"{request.Method} {request.Target[..Math.Min(request.Target.Length, 200)]}"
        + $" [{request.Headers.ReplaceLineEndings(" ")}]";

    public void Dispose() => _connection?.Dispose();

    /// <summary>Sends some of the requests and reads answers until one fails to come.</summary>
    /// <returns>The first request that has none.</returns>
    private async Task<int> ExchangeAsync(IReadOnlyList<HostileRequest> requests, Answer?[] answers, int from, int to)
    {
        var next = from;
        try
        {
            _connection ??= await RawHttp.ConnectAsync(url);
            using var message = new MemoryStream();
            for (var i = from; i < to; i++) message.Write(requests[i].ToBytes(url.Authority));
            var sending = _connection.WriteAsync(message.ToArray());
            for (; next < to && !_connection.Closed; next++)
            {
                answers[next] = await _connection.ReadAsync(requests[next].Method, requests[next].Target);
                Judge(requests[next], answers[next]!);
            }

            await sending;
        }
        catch (IOException)
        {
            // It has hung up. Who is to be blamed is seen when each is sent alone.
        }
        catch (OperationCanceledException)
        {
            findings.Add($"{kind}: {Describe(requests[next])}: no answer within 35 s");
            next++;
        }

        if (_connection is { Closed: false } && next == to) return next;
        _connection?.Dispose();
        _connection = null;
        return next;
    }

    private void Judge(HostileRequest request, Answer answer)
    {
        findings.Count(kind, answer.Method, answer.Status);
        // Of long answers one in so many is read: it takes longer than to ask for it.
        var isRead = answer.Body.Length < LongAnswer || _long++ % LongAnswersBetween == 0;
        foreach (var fault in OpenApiContract.Faults(answer, isRead))
            findings.Add($"{kind}: {Describe(request)}: {fault}");
        if (answer.Status >= 500)
            findings.Add(string.Create(CultureInfo.InvariantCulture,
                $"{kind}: {Describe(request)}: {answer.Status} {answer.Text}"));
    }
}
