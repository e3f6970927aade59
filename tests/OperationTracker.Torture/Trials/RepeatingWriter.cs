using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>The only writer of one operation, which sends each PUT again and again and holds the answers against each other.</summary>
internal sealed class RepeatingWriter(Trial trial, string operation, Ledger ledger, int[] ports, Random random) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpConnection?[] _connections = new HttpConnection?[ports.Length];
    private readonly List<long> _unanswered = [];
    private Attempt _first = null!;
    private byte[] _body = [];
    private string _condition = "";
    private string? _tag;

    /// <summary>Sends a new document once, through one node; its answer is to be lost.</summary>
    public async Task PutAsync(int node, CancellationToken cancel)
    {
        var number = trial.NextAttempt();
        var token = string.Create(CultureInfo.InvariantCulture, $"token-{number}");
        var document = Documents.Make(operation, token, "executing", random);
        _body = Encoding.UTF8.GetBytes(document.ToJsonString());
        // A condition that held is no longer true of the repeats, and must not matter to them.
        _condition = random.Next(3) > 0 ? "" : _tag is null ? "If-None-Match: *\r\n" : $"If-Match: {_tag}\r\n";
        _tag = null;
        _first = new Attempt(number, 0, operation) { IsPut = true, Token = token, Document = Documents.Hash(document) };
        var answer = await SendAsync(_first, node, cancel);
        if (_first.Outcome == Outcome.Unknown) _unanswered.Add(number);
        if (answer is { Status: 503 } && IsUnknown(answer)) trial.Count("answers that said: unknown");
        else if (answer is { Status: 200 }) trial.Count("answers that were not lost");
        else Complain($"attempt {number} was answered {answer?.Status}");
    }

    /// <summary>Sends the last document again, through all nodes in turn.</summary>
    public async Task RepeatAsync(int times, CancellationToken cancel)
    {
        for (var turn = 0; turn < times; turn++)
        {
            var attempt = new Attempt(trial.NextAttempt(), 0, operation)
            {
                IsPut = true, Token = _first.Token, Document = _first.Document,
            };
            var answer = await SendAsync(attempt, (turn + random.Next(2)) % ports.Length, cancel);
            trial.Count("repeats");
            Compare(attempt, answer);
        }
    }

    /// <summary>Whether a GET tells the same.</summary>
    public async Task ReadAsync(CancellationToken cancel)
    {
        var attempt = new Attempt(trial.NextAttempt(), 0, operation);
        Compare(attempt, await SendAsync(attempt, random.Next(ports.Length), cancel));
        if (attempt.Document != _first.Document) Complain($"attempt {attempt.Number} read another document than was put");
    }

    /// <summary>How many PUTs were carried out by the first attempt, though its answer did not come.</summary>
    public int JudgeLost(IReadOnlyDictionary<string, StoredStream> streams)
    {
        var made = streams.GetValueOrDefault(operation)?.Changes.Select(change => change.Attempt).ToHashSet() ?? [];
        var lost = _unanswered.Count(made.Contains);
        trial.Count("answers lost after a commit", lost);
        return lost;
    }

    /// <summary>Hangs up; the next request opens a new connection.</summary>
    public void Dispose()
    {
        foreach (var connection in _connections) connection?.Dispose();
    }

    private void Compare(Attempt attempt, HttpAnswer? answer)
    {
        if (answer is not { Status: 200 }) Complain($"attempt {attempt.Number}, a repeat, was answered {answer?.Status}");
        else if (answer.ETag != (_tag ??= answer.ETag)) Complain($"attempt {attempt.Number} was told {answer.ETag} after {_tag}");
    }

    private async Task<HttpAnswer?> SendAsync(Attempt attempt, int node, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        ledger.Before(attempt);
        try
        {
            if (_connections[node] is not { Closed: false })
                _connections[node] = await HttpConnection.OpenAsync(ports[node], limit.Token);
            var answer = await _connections[node]!.SendAsync(
                attempt.IsPut ? "PUT" : "GET", $"/v1/operations/{operation}",
                string.Create(CultureInfo.InvariantCulture, $"User-Agent: attempt/{attempt.Number}\r\n{(attempt.IsPut ? _condition : "")}"),
                attempt.IsPut ? _body : default, limit.Token);
            ledger.After(attempt, answer);
            return answer;
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
        {
            _connections[node]?.Reset();
            ledger.After(attempt, Outcome.Unknown);
            return null;
        }
    }

    private static bool IsUnknown(HttpAnswer answer) =>
        answer.ErrorCode == "020004" && answer.DataConsistency == "unknown" && answer.Headers.ContainsKey("Retry-After");

    private void Complain(string what) => trial.Violations.Add("lost-answers", $"{operation}: {what}");
}
