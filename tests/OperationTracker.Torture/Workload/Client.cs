using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Workload;

/// <summary>
/// A client: PUTs and GETs of the slots' operations through any node, one request at a time. When an outcome is unknown
/// it often sends the same document again, as real senders do; sometimes it hangs up; some PUTs are conditional, some
/// go back in status and must be refused, some are no documents. Every second client wanders among the nodes; the
/// others keep to one as long as it answers, so that a node that does not answer holds up only its own, and the load
/// goes on.
/// </summary>
internal sealed class Client(
    int number, int seed, Func<long> nextAttempt, Ledger ledger, Slots slots, int[] ports) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(50);
    private const int Repeats = 3;
    private const int HangUpPercent = 1;

    private readonly Random _random = new(HashCode.Combine(seed, number));
    private readonly Dictionary<string, long> _seen = [];
    private readonly Dictionary<string, string> _tags = [];
    private readonly HttpConnection?[] _connections = new HttpConnection?[ports.Length];
    private int _home = number / 2 % ports.Length;

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var slot = _random.Next(slots.Count);
            var operation = slots.Operation(slot);
            if (_random.Next(4) == 0)
            {
                await SendAsync(new Attempt(nextAttempt(), number, operation), [], "");
                continue;
            }

            slots.Written(slot);
            var last = await PutAsync(operation, stop);
            if (last.Status == 409) slots.Leave(slot, operation);
            if (last.Outcome != Outcome.Ok && last.Status is 0 or 503)
                await Task.Delay(AfterRefusal, CancellationToken.None);
        }
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection?.Dispose();
    }

    private async Task<Attempt> PutAsync(string operation, CancellationToken stop)
    {
        var dice = _random.Next(1000);
        var first = nextAttempt();
        var token = string.Create(CultureInfo.InvariantCulture, $"token-{first}");
        var status = dice switch { < 3 => "completed", < 5 => "failed", < 40 => "unexecuted", _ => "executing" };
        var document = Documents.Make(operation, token, status, _random);
        if (dice is >= 40 and < 60) document["request"] = 7;
        long? expected = dice is >= 60 and < 160 && _seen.TryGetValue(operation, out var version) ? version : null;
        var body = Encoding.UTF8.GetBytes(document.ToJsonString());
        var hash = Documents.Hash(document);
        var condition = expected is null ? "" : $"If-Match: {_tags[operation]}\r\n";
        Attempt attempt = null!;
        for (var turn = 0; turn <= Repeats; turn++)
        {
            attempt = new Attempt(turn == 0 ? first : nextAttempt(), number, operation)
            {
                IsPut = true, Token = token, Document = hash, Expected = expected,
            };
            await SendAsync(attempt, body, condition);
            if (attempt.Outcome != Outcome.Unknown || stop.IsCancellationRequested || _random.Next(4) == 0) break;
        }

        return attempt;
    }

    private async Task SendAsync(Attempt attempt, byte[] body, string condition)
    {
        var node = number % 2 == 0 ? _random.Next(ports.Length) : _home;
        attempt.MayHangUp = _random.Next(100) < HangUpPercent;
        using var limit = new CancellationTokenSource(
            attempt.MayHangUp ? TimeSpan.FromMilliseconds(_random.Next(1, 20)) : Patience);
        ledger.Before(attempt);
        if (await ConnectAsync(node, limit.Token) is not { } connection)
        {
            _home = _random.Next(ports.Length);
            ledger.After(attempt, Outcome.Refused);
            return;
        }

        try
        {
            var headers = string.Create(
                CultureInfo.InvariantCulture, $"User-Agent: attempt/{attempt.Number}\r\n{condition}");
            var answer = await connection.SendAsync(
                attempt.IsPut ? "PUT" : "GET", $"/v1/operations/{attempt.OperationId}", headers, body, limit.Token);
            if (answer is { Status: 200, ETag: { } tag })
                (_seen[attempt.OperationId], _tags[attempt.OperationId]) = (answer.Version, tag);
            ledger.After(attempt, answer);
        }
        catch (Exception fault)
            when (fault is IOException or SocketException or OperationCanceledException or FormatException)
        {
            connection.Reset();
            if (!attempt.MayHangUp) _home = _random.Next(ports.Length);
            ledger.After(attempt, Outcome.Unknown);
        }
    }

    private async Task<HttpConnection?> ConnectAsync(int node, CancellationToken cancel)
    {
        if (_connections[node] is { Closed: false } open) return open;
        _connections[node]?.Dispose();
        try
        {
            return _connections[node] = await HttpConnection.OpenAsync(ports[node], cancel);
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException)
        {
            return _connections[node] = null;
        }
    }
}
