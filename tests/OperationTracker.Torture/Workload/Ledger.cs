using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Workload;

/// <summary>
/// What the clients know, written down before each request and after each answer: in memory for the checkers, and in a
/// file for a client, one line each, for people.
/// </summary>
internal sealed class Ledger(string directory, int round) : IDisposable
{
    private readonly ConcurrentDictionary<int, FileStream> _files = new();
    private readonly ConcurrentQueue<Attempt> _attempts = new();

    public IReadOnlyCollection<Attempt> Attempts => _attempts;

    public void Before(Attempt attempt)
    {
        attempt.Invoked = Stopwatch.GetTimestamp();
        _attempts.Enqueue(attempt);
        Write(attempt, attempt.IsPut ? $"put {attempt.Token} {attempt.Document} if-match {attempt.Expected}" : "get");
    }

    public void After(Attempt attempt, Outcome outcome)
    {
        attempt.Returned = outcome == Outcome.Unknown ? long.MaxValue : Stopwatch.GetTimestamp();
        attempt.Outcome = outcome;
        Write(attempt, string.Create(
            CultureInfo.InvariantCulture, $"{outcome} {attempt.Status} version {attempt.Version}"));
    }

    /// <summary>What an answer says about the outcome.</summary>
    public void After(Attempt attempt, HttpAnswer answer)
    {
        attempt.Status = answer.Status;
        if (answer.Status == 200) attempt.Version = answer.Version;
        if (!attempt.IsPut && answer.Status == 200) attempt.Document = Documents.Hash(JsonNode.Parse(answer.Body));
        After(attempt, answer.Status switch
        {
            200 => Outcome.Ok,
            404 when !attempt.IsPut => Outcome.Ok,
            >= 500 when answer.DataConsistency != "rolled back" => Outcome.Unknown,
            _ => Outcome.Refused,
        });
    }

    public void Dispose()
    {
        foreach (var file in _files.Values) file.Dispose();
    }

    private void Write(Attempt attempt, string what)
    {
        var file = _files.GetOrAdd(attempt.Client, client => new FileStream(
            Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"ledger-{round}-{client}.txt")),
            FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0));
        file.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{Stopwatch.GetTimestamp()} {attempt.Number} {attempt.OperationId} {what}\n")));
    }
}
