using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// Asks each node, beside the load, what it does for whom while something is wrong, and when all is well again.
/// </summary>
internal sealed class Prober(Trial trial, Cluster cluster, string prefix, Ledger ledger) : IDisposable
{
    private readonly Sender _sender = new(trial.NextAttempt, ledger, cluster.ClientPorts);
    private int _documents;
    private string _standing = "";

    /// <summary>Puts the operation that is read later.</summary>
    public async Task BeginAsync(CancellationToken cancel)
    {
        _standing = Next();
        await PutAsync(_standing, 0, cancel);
    }

    /// <summary>PUTs new operations, one to each node.</summary>
    /// <returns>The worst of the statuses.</returns>
    public async Task<int> PutStatusAsync(CancellationToken cancel)
    {
        var worst = 0;
        for (var node = 0; node < cluster.Nodes.Count; node++)
            worst = Math.Max(worst, (await PutAsync(Next(), node, cancel))?.Status ?? 0);
        return worst;
    }

    /// <summary>Every node still gives what stands.</summary>
    public async Task ExpectReadsAsync(string what, CancellationToken cancel)
    {
        for (var node = 0; node < cluster.Nodes.Count; node++)
        {
            var (_, answer) = await _sender.GetAsync(_standing, node, cancel);
            if (answer is { Status: 200 }) trial.Count($"GETs answered 200, no space for the {what}");
            else trial.Violations.Add("reads", $"without space for the {what}, a GET was answered {answer?.Status}");
        }
    }

    /// <summary>
    /// A node gives what stands, as long as it still can, or says that it cannot, and when to come again.
    /// </summary>
    public async Task ExpectRefusalAsync(string what, CancellationToken cancel)
    {
        for (var node = 0; node < cluster.Nodes.Count; node++)
        {
            var (_, answer) = await _sender.GetAsync(_standing, node, cancel);
            if (answer is { Status: 503 }) CheckRefusal(answer);
            if (answer is { Status: 200 or 503 }) trial.Count($"GETs answered {answer.Status}, {what}");
            else trial.Violations.Add("refusals", $"{what}: a GET was answered {answer?.Status}");
        }
    }

    /// <summary>What the readiness of each node says of the database.</summary>
    public async Task<IReadOnlyList<string>> ReadinessAsync(CancellationToken cancel)
    {
        var said = new List<string>();
        foreach (var node in cluster.Nodes)
        {
            try
            {
                var answer = await HttpConnection.AskAsync(node.Port, "/health/ready", cancel);
                using var body = JsonDocument.Parse(answer.Body);
                var failing = body.RootElement.GetProperty("checks").EnumerateArray()
                    .Where(check => !check.GetProperty("ok").GetBoolean())
                    .Select(check => check.GetProperty("name").GetString());
                said.Add(
                    string.Create(CultureInfo.InvariantCulture, $"{answer.Status} {string.Join('+', failing)}").Trim());
            }
            catch (Exception fault) when (fault is IOException or SocketException)
            {
                said.Add("no answer");
            }
        }

        return said;
    }

    /// <summary>How long it takes until every node has acknowledged a PUT.</summary>
    public async Task<TimeSpan> UntilAllAnswerAsync(TimeSpan limit, CancellationToken cancel)
    {
        var since = Stopwatch.StartNew();
        for (var node = 0; node < cluster.Nodes.Count; node++)
        {
            while ((await PutAsync(Next(), node, cancel))?.Status != 200)
            {
                if (since.Elapsed > limit * 2) throw new InvalidOperationException($"node{node} does not come back.");
                await Task.Delay(50, cancel);
            }
        }

        if (since.Elapsed > limit)
            trial.Violations.Add("recovery", string.Create(
                CultureInfo.InvariantCulture,
                $"took {since.Elapsed.TotalSeconds:0.0} s, {limit.TotalSeconds} were allowed"));
        return since.Elapsed;
    }

    public void Dispose() => _sender.Dispose();

    private string Next() =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}probe-{Interlocked.Increment(ref _documents)}");

    private async Task<HttpAnswer?> PutAsync(string operation, int node, CancellationToken cancel)
    {
        var document = Documents.Make(operation, operation, "executing", trial.Random);
        var (_, answer) = await _sender.PutAsync(document, node, "", cancel);
        if (answer is { Status: 503 }) CheckRefusal(answer);
        return answer;
    }

    private void CheckRefusal(HttpAnswer answer)
    {
        trial.Count(
            string.Create(CultureInfo.InvariantCulture, $"refusals {answer.ErrorCode} {answer.DataConsistency}"));
        if (!answer.Headers.ContainsKey("Retry-After"))
            trial.Violations.Add("refusals", "a 503 came without Retry-After");
        if (answer.ErrorCode is null) trial.Violations.Add("refusals", "a 503 came without the contract's body");
    }
}
