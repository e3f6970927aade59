using System.Collections.Concurrent;

namespace OperationTracker.Torture.Checking;

/// <summary>Something that must not be.</summary>
/// <param name="Checker">Who found it.</param>
/// <param name="Text">Where and what.</param>
/// <param name="Seconds">When it was found, from the beginning of the run.</param>
internal sealed record Violation(string Checker, string Text, double Seconds);

/// <summary>What the checkers have found.</summary>
internal sealed class Violations(Func<double> seconds)
{
    private readonly ConcurrentQueue<Violation> _all = new();

    public IReadOnlyCollection<Violation> All => _all;

    public void Add(string checker, string text) =>
        _all.Enqueue(new Violation(checker, text, Math.Round(seconds(), 1)));
}
