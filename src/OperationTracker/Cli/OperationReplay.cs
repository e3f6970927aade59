using System.Globalization;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;
using ServedView = OperationTracker.Core.EventStore.OperationView;

namespace OperationTracker.Cli;

/// <summary>One change of an operation, and what became of the document by it.</summary>
/// <param name="Events">Its events, in order; never empty.</param>
/// <param name="SinceLast">How long after the change before it; null for the first.</param>
/// <param name="Before">The document before it; empty where there was none.</param>
/// <param name="After">The document after it; empty where there is none yet.</param>
/// <param name="ETag">The ETag of the document after it; null where the walk ends within the change.</param>
internal sealed record ReplayStep(
    IReadOnlyList<ReportedEvent> Events, TimeSpan? SinceLast, ReadOnlyMemory<byte> Before, ReadOnlyMemory<byte> After,
    string? ETag)
{
    public ReportedEvent First => Events[0];

    /// <summary>What changed; empty for a refusal, or for what another application appended of its own.</summary>
    public IReadOnlyList<PatchOperation> Patch => (Before.IsEmpty, After.IsEmpty) switch
    {
        (false, false) => DocumentDiff.Between(Before, After),
        (true, false) =>
        [
            new PatchOperation { Op = "add", Path = "", Json = System.Text.Encoding.UTF8.GetString(After.Span) },
        ],
        _ => [],
    };
}

/// <summary>
/// Folds events as they come into the steps that they made: the same code that the tracker serves documents by, so a
/// step's document is what GET served then. Holds one change at a time.
/// </summary>
internal static class OperationReplay
{
    public static async IAsyncEnumerable<ReplayStep> StepsAsync(IAsyncEnumerable<ReportedEvent> events)
    {
        var (state, view) = (OperationState.Initial, (ServedView?)null);
        var change = new List<ReportedEvent>();
        DateTimeOffset? last = null;
        await foreach (var item in events)
        {
            if (change.Count > 0 && change[0].Change != item.Change)
            {
                yield return Step();
                change.Clear();
            }

            change.Add(item);
        }

        if (change.Count > 0) yield return Step();

        ReplayStep Step()
        {
            var before = view;
            foreach (var item in change)
                state = OperationProjection.ApplyAt(state, item.Version, item.Event);
            view = ServedView.Of(state);
            var step = new ReplayStep(
                [.. change], change[0].Time - last, before?.Document ?? default, view?.Document ?? default,
                change[^1].Version == change[^1].Change.Last ? view?.ETag : null);
            last = change[0].Time;
            return step;
        }
    }

    /// <summary>A duration as people say it.</summary>
    public static string Text(TimeSpan duration) => duration switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{duration.TotalSeconds:0.###} s"),
        { TotalMinutes: < 60 } => $"{duration.Minutes} min {duration.Seconds} s",
        { TotalHours: < 24 } => $"{duration.Hours} h {duration.Minutes} min",
        _ => $"{duration.Days} d {duration.Hours} h",
    };
}
