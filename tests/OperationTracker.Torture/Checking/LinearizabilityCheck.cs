using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// Whether all answers about one operation fit one order of its changes that respects time. The versions say which
/// order it is, so nothing has to be searched: a read sees nothing older than what any request had been told before it
/// began, and nothing from the future; a change comes after all that. What is unknown and stands is a change that may
/// take effect at any time after it was sent.
/// </summary>
internal static class LinearizabilityCheck
{
    private const string Name = "linearizability";

    public static void Run(
        IReadOnlyCollection<Attempt> attempts, IReadOnlyDictionary<string, StoredStream> streams, Violations violations)
    {
        foreach (var operation in attempts.GroupBy(attempt => attempt.OperationId))
            Check([.. operation], streams.GetValueOrDefault(operation.Key), violations);
    }

    private static void Check(List<Attempt> attempts, StoredStream? stream, Violations violations)
    {
        var own = stream?.Changes.Where(change => !change.IsRefusal)
            .DistinctBy(change => change.Attempt).ToDictionary(change => change.Attempt) ?? [];
        var makers = stream?.Changes.Where(change => !change.IsRefusal).DistinctBy(change => change.Last)
            .ToDictionary(change => change.Last) ?? [];
        var byNumber = attempts.ToDictionary(attempt => attempt.Number);
        var invokes = attempts.OrderBy(attempt => attempt.Invoked).ToList();
        var returns = attempts.Where(attempt => attempt is { Outcome: Outcome.Ok }).OrderBy(
            attempt => attempt.Returned).ToList();
        var (told, next) = (0L, 0);
        foreach (var attempt in invokes)
        {
            for (; next < returns.Count && returns[next].Returned < attempt.Invoked; next++)
                told = Math.Max(told, returns[next].Version);
            var mine = own.GetValueOrDefault(attempt.Number);
            if (mine is not null && mine.Last <= told)
                violations.Add(
                    Name, $"{attempt.OperationId}: attempt {attempt.Number} made {mine.Last} after {told} was told");
            if (attempt.Outcome == Outcome.Ok && mine is null) CheckRead(attempt, told);
        }

        void CheckRead(Attempt attempt, long before)
        {
            var saw = $"{attempt.OperationId}: attempt {attempt.Number} saw";
            if (attempt.Version < before)
                violations.Add(Name, $"{saw} {attempt.Version} after {before} was told");
            if (attempt.Version == 0) return;
            if (!makers.TryGetValue(attempt.Version, out var maker))
                violations.Add(Name, $"{saw} {attempt.Version}, which no change made");
            else if (maker.Document != attempt.Document)
                violations.Add(Name, $"{saw} another document as {attempt.Version}");
            else if (byNumber.TryGetValue(maker.Attempt, out var put) && put.Invoked > attempt.Returned)
                violations.Add(Name, $"{saw} {attempt.Version} before it was sent");
        }
    }
}
