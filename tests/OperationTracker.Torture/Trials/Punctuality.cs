using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// Each node is ready, writes and reads, within a second; a busy machine may need three attempts, a stuck timer needs
/// more.
/// </summary>
internal static class Punctuality
{
    private const int Attempts = 3;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    public static async Task CheckAsync(Trial trial, Cluster cluster, CancellationToken cancel)
    {
        foreach (var node in cluster.Nodes)
        {
            var operation = string.Create(CultureInfo.InvariantCulture, $"clock-probe-{trial.NextAttempt()}");
            var document = Documents.Make(operation, operation, "executing", trial.Random).ToJsonString();
            await AskAsync(trial, node, "GET", "/health/ready", "", cancel);
            await AskAsync(trial, node, "PUT", $"/v1/operations/{operation}", document, cancel);
            await AskAsync(trial, node, "GET", $"/v1/operations/{operation}", "", cancel);
            await AskAsync(trial, node, "GET", "/v1/reports/stuck?longer_than=1&limit=1", "", cancel);
        }
    }

    private static async Task AskAsync(
        Trial trial, TrackerNode node, string method, string target, string body, CancellationToken cancel)
    {
        var heard = "nothing";
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Limit);
            try
            {
                var began = Stopwatch.GetTimestamp();
                using var connection = await HttpConnection.OpenAsync(node.Port, limit.Token);
                var answer = await connection.SendAsync(
                    method, target, "Connection: close\r\n", Encoding.UTF8.GetBytes(body), limit.Token);
                heard = string.Create(CultureInfo.InvariantCulture, $"{answer.Status}");
                if (answer.Status != 200) continue;
                trial.Longest("seconds until an answer after a jump, at most", Stopwatch.GetElapsedTime(began));
                return;
            }
            catch (Exception fault) when (
                fault is IOException or SocketException
                || (fault is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                trial.Count("answers after a jump that took longer than a second");
            }
        }

        trial.Violations.Add("punctuality", string.Create(
            CultureInfo.InvariantCulture,
            $"{node.Name}: {method} {target} was answered {heard} in a second, {Attempts} times"));
    }
}
