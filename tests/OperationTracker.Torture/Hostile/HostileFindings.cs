using System.Collections.Concurrent;

namespace OperationTracker.Torture.Hostile;

/// <summary>What was found, and how often what was answered.</summary>
internal sealed class HostileFindings
{
    /// <summary>More would say nothing new; the run ends at so many.</summary>
    private const int Kept = 100;

    private readonly ConcurrentQueue<string> _texts = new();
    private readonly ConcurrentDictionary<string, long> _answers = new();
    private readonly ConcurrentDictionary<string, long> _requests = new();

    public IReadOnlyCollection<string> Texts => _texts;

    public bool IsFull => _texts.Count >= Kept;

    /// <summary>Answers by kind of request, method and status.</summary>
    public IReadOnlyDictionary<string, long> Answers => _answers;

    /// <summary>Requests that were answered, by kind.</summary>
    public IReadOnlyDictionary<string, long> Requests => _requests;

    public long Total => _requests.Values.Sum();

    public void Add(string text)
    {
        if (!IsFull) _texts.Enqueue(text);
    }

    public void Count(string kind, string method, int status)
    {
        _requests.AddOrUpdate(kind, 1, (_, count) => count + 1);
        Tally(status == 0 ? "hung up" : $"{(method.All(char.IsAsciiLetterUpper) ? method : "other")} {status}");
    }

    public void Tally(string what, long count = 1) => _answers.AddOrUpdate(what, count, (_, sum) => sum + count);
}
