using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Workload;

/// <summary>Sends one request at a time to a node that is named, and writes each down in the ledger.</summary>
internal sealed class Sender(Func<long> nextAttempt, Ledger ledger, int[] ports) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly HttpConnection?[] _connections = new HttpConnection?[ports.Length];

    public int Nodes => ports.Length;

    /// <summary>The attempt, and its answer; null when none came.</summary>
    public async Task<(Attempt Attempt, HttpAnswer? Answer)> GetAsync(
        string operation, int node, CancellationToken cancel)
    {
        var attempt = new Attempt(nextAttempt(), 0, operation);
        return (attempt, await SendAsync(attempt, node, [], "", cancel));
    }

    /// <summary>Sends a document; its token is in its sub_status.</summary>
    /// <param name="document">The document.</param>
    /// <param name="node">To which node.</param>
    /// <param name="condition">Header lines of a condition, or nothing.</param>
    /// <param name="cancel">Breaks it off.</param>
    /// <returns>The attempt, and its answer; null when none came.</returns>
    public async Task<(Attempt Attempt, HttpAnswer? Answer)> PutAsync(
        JsonObject document, int node, string condition, CancellationToken cancel)
    {
        var attempt = new Attempt(nextAttempt(), 0, document["operation_id"]!.GetValue<string>())
        {
            IsPut = true, Token = document["sub_status"]?.GetValue<string>(), Document = Documents.Hash(document),
        };
        return (attempt, await SendAsync(
            attempt, node, Encoding.UTF8.GetBytes(document.ToJsonString()), condition, cancel));
    }

    /// <summary>Hangs up; the next request opens a new connection.</summary>
    public void Dispose()
    {
        foreach (var connection in _connections) connection?.Dispose();
    }

    private async Task<HttpAnswer?> SendAsync(
        Attempt attempt, int node, byte[] body, string condition, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        ledger.Before(attempt);
        try
        {
            if (_connections[node] is not { Closed: false })
                _connections[node] = await HttpConnection.OpenAsync(ports[node], limit.Token);
            var answer = await _connections[node]!.SendAsync(
                attempt.IsPut ? "PUT" : "GET", $"/v1/operations/{attempt.OperationId}",
                string.Create(CultureInfo.InvariantCulture, $"User-Agent: attempt/{attempt.Number}\r\n{condition}"),
                body, limit.Token);
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
}
