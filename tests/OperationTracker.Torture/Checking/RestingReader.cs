using System.Net.Sockets;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// Asks any of the nodes at rest. A node that has just been healed may need a moment until it answers.
/// </summary>
internal sealed class RestingReader(int[] ports)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <exception cref="TimeoutException">No node answered for long.</exception>
    public async Task<HttpAnswer> GetAsync(string target, CancellationToken cancel)
    {
        for (var until = DateTime.UtcNow + Patience; DateTime.UtcNow < until; await Task.Delay(Pause, cancel))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Patience);
            try
            {
                var answer = await HttpConnection.AskAsync(
                    ports[Random.Shared.Next(ports.Length)], target, limit.Token);
                if (answer.Status != 503) return answer;
            }
            catch (Exception fault) when (fault is IOException or SocketException)
            {
                // The node's connection to the database was an old one.
            }
        }

        throw new TimeoutException($"At rest no node answered {target}.");
    }
}
