using System.Globalization;
using System.Text.Json.Nodes;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// The only writer of one operation, which sends each PUT again and again and holds the answers against each other.
/// </summary>
internal sealed class RepeatingWriter(Trial trial, string operation, Sender sender, Random random) : IDisposable
{
    private readonly List<long> _unanswered = [];
    private JsonObject _document = [];
    private string _condition = "";
    private string? _tag;

    /// <summary>Sends a new document once, through one node; its answer is to be lost.</summary>
    public async Task PutAsync(int node, CancellationToken cancel)
    {
        var token = string.Create(CultureInfo.InvariantCulture, $"token-{trial.NextAttempt()}");
        _document = Documents.Make(operation, token, "executing", random);
        // A condition that held is no longer true of the repeats, and must not matter to them.
        _condition = random.Next(3) > 0 ? "" : _tag is null ? "If-None-Match: *\r\n" : $"If-Match: {_tag}\r\n";
        _tag = null;
        var (attempt, answer) = await sender.PutAsync(_document, node, _condition, cancel);
        if (attempt.Outcome == Outcome.Unknown) _unanswered.Add(attempt.Number);
        if (answer is { Status: 503 } && IsUnknown(answer)) trial.Count("answers that said: unknown");
        else if (answer is { Status: 200 }) trial.Count("answers that were not lost");
        else Complain($"attempt {attempt.Number} was answered {answer?.Status}");
    }

    /// <summary>Sends the last document again, through all nodes in turn.</summary>
    public async Task RepeatAsync(int times, CancellationToken cancel)
    {
        for (var turn = 0; turn < times; turn++)
        {
            var (attempt, answer) = await sender.PutAsync(
                _document, (turn + random.Next(2)) % sender.Nodes, _condition, cancel);
            trial.Count("repeats");
            Compare(attempt, answer);
        }
    }

    /// <summary>Whether a GET tells the same.</summary>
    public async Task ReadAsync(CancellationToken cancel)
    {
        var (attempt, answer) = await sender.GetAsync(operation, random.Next(sender.Nodes), cancel);
        Compare(attempt, answer);
        if (attempt.Document != Documents.Hash(_document))
            Complain($"attempt {attempt.Number} read another document than was put");
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
    public void Dispose() => sender.Dispose();

    private void Compare(Attempt attempt, HttpAnswer? answer)
    {
        if (answer is not { Status: 200 })
            Complain($"attempt {attempt.Number}, a repeat, was answered {answer?.Status}");
        else if (answer.ETag != (_tag ??= answer.ETag))
            Complain($"attempt {attempt.Number} was told {answer.ETag} after {_tag}");
    }

    private static bool IsUnknown(HttpAnswer answer) =>
        answer.ErrorCode == "020004" && answer.DataConsistency == "unknown"
            && answer.Headers.ContainsKey("Retry-After");

    private void Complain(string what) => trial.Violations.Add("lost-answers", $"{operation}: {what}");
}
