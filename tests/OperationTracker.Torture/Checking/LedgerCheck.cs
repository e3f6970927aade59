using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// What was told to the clients against what stands in the log: each <c>ok</c> stands, once, at the version that was
/// told; nothing that was refused stands; what is unknown stands once or not at all; and nothing stands that nobody
/// sent.
/// </summary>
internal static class LedgerCheck
{
    private const string Name = "ledger";

    public static void Run(
        IReadOnlyCollection<Attempt> attempts, IReadOnlyDictionary<string, StoredStream> streams, Violations violations)
    {
        var byNumber = attempts.ToDictionary(attempt => attempt.Number);
        var changes = new Dictionary<long, StoredChange>();
        foreach (var stream in streams.Values)
        {
            foreach (var change in stream.Changes)
            {
                if (!byNumber.TryGetValue(change.Attempt, out var attempt) || attempt.OperationId != stream.OperationId)
                    violations.Add(Name, $"{stream.OperationId} {change.First}: nobody sent this ({change.Attempt})");
                else if (!changes.TryAdd(change.Attempt, change))
                    violations.Add(Name, $"{stream.OperationId} {change.First}: attempt {change.Attempt} stands twice");
                else
                    CheckChange(stream, change, attempt, violations);
            }

            CheckRest(stream, violations);
        }

        foreach (var attempt in attempts.Where(attempt => attempt.IsPut))
            CheckAnswer(attempt, changes.GetValueOrDefault(attempt.Number), streams, violations);
    }

    /// <summary>Arrival: what stands after a change is the document that was sent.</summary>
    private static void CheckChange(StoredStream stream, StoredChange change, Attempt attempt, Violations violations)
    {
        if (change.IsRefusal) return;
        if (change.Document != attempt.Document)
            violations.Add(Name, $"{stream.OperationId} {change.Last}: not the document of attempt {attempt.Number}");
        if (attempt.Expected is { } expected && stream.DocumentVersionAt(change.First - 1) != expected)
            violations.Add(
                Name, $"{stream.OperationId} {change.First}: attempt {attempt.Number} demanded version {expected}");
    }

    /// <summary>Rest: no change brings the document that stands already.</summary>
    private static void CheckRest(StoredStream stream, Violations violations)
    {
        StoredChange? before = null;
        foreach (var change in stream.Changes.Where(change => !change.IsRefusal))
        {
            if (before?.Token == change.Token)
                violations.Add(Name, $"{stream.OperationId} {change.First}: {change.Token} once more, for nothing");
            before = change;
        }
    }

    private static void CheckAnswer(
        Attempt attempt, StoredChange? change, IReadOnlyDictionary<string, StoredStream> streams, Violations violations)
    {
        var where = $"{attempt.OperationId} attempt {attempt.Number} ({attempt.Outcome}, {attempt.Status})";
        switch (attempt.Outcome)
        {
            case Outcome.Ok when change is not null && (change.IsRefusal || change.Last != attempt.Version):
                violations.Add(Name, $"{where}: told as version {attempt.Version}, stands at {change.Last}");
                break;
            case Outcome.Ok when change is null && TokenAt(streams, attempt) != attempt.Token:
                violations.Add(Name, $"{where}: acknowledged as version {attempt.Version}, and lost");
                break;
            case Outcome.Refused when change is { IsRefusal: false }:
                violations.Add(Name, $"{where}: refused, and stands at {change.Last}");
                break;
            case Outcome.Refused when change is not null && attempt.Status != 409:
                violations.Add(Name, $"{where}: not sent, or refused otherwise, and recorded at {change.Last}");
                break;
        }
    }

    /// <summary>A repeat of what stands changes nothing, and is told the version of the first.</summary>
    private static string? TokenAt(IReadOnlyDictionary<string, StoredStream> streams, Attempt attempt) =>
        streams.GetValueOrDefault(attempt.OperationId)?.Changes
            .FirstOrDefault(change => !change.IsRefusal && change.Last == attempt.Version)?.Token;
}
