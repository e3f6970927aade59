using System.Globalization;
using System.Net.Sockets;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Trials;

/// <summary>What a tracker once said about operations, held against what it says later.</summary>
internal sealed class RememberedAnswers(IReadOnlyList<string> operations)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, string> _answers = [];

    private IEnumerable<string> Targets =>
    [
        "/v1/operations", "/v1/operations?format=detail-list", "/v1/events?limit=1000",
        .. operations.Select(operation => $"/v1/operations/{operation}"),
        .. operations.Select(operation => $"/v1/operations/{operation}?version=1"),
        .. operations.Select(operation => $"/v1/operations/{operation}/events?limit=1000"),
    ];

    public async Task RememberAsync(int port, CancellationToken cancel)
    {
        foreach (var target in Targets)
        {
            var answer = await HttpConnection.AskAsync(port, target, cancel);
            if (answer.Status != 200) throw new InvalidOperationException($"{target} was answered {answer.Status}.");
            _answers[target] = Text(answer);
        }
    }

    /// <summary>Each answer is what it was, or an error of the contract, or breaks off; nothing else.</summary>
    public async Task<(int Same, int Refused)> CompareAsync(int port, Violations violations, CancellationToken cancel)
    {
        var (same, refused) = (0, 0);
        foreach (var target in Targets)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Patience);
            try
            {
                var answer = await HttpConnection.AskAsync(port, target, limit.Token);
                if (answer.Status == 200 && Text(answer) == _answers[target]) same++;
                else if (answer is { Status: 500 or 503, ErrorCode: not null }) refused++;
                else violations.Add("wrong-data", $"{target} was answered {answer.Status}, and otherwise than before");
            }
            catch (Exception fault) when (fault is IOException or SocketException)
            {
                // A list that has begun and meets the page: broken off, never closed as if it were whole.
                refused++;
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                violations.Add("wrong-data", string.Create(
                    CultureInfo.InvariantCulture, $"{target} was not answered in {Patience.TotalSeconds} s"));
            }
        }

        return (same, refused);
    }

    private static string Text(HttpAnswer answer) =>
        $"{answer.ETag} {System.Text.Encoding.UTF8.GetString(answer.Body)}";
}
