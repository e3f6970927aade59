using System.Collections.Concurrent;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// The folds of long streams that change while a rebuild catches up, so that each pass reads but their new events: a
/// stream of a hundred thousand events that is written all the time would else always have moved on once it was folded.
/// Safe for use by several threads.
/// </summary>
internal sealed class LongStreams
{
    /// <summary>Events that are folded anew in some ten milliseconds.</summary>
    private const int Long = 1_000;

    /// <summary>Streams kept: the states of as many.</summary>
    private const int Most = 64;

    private readonly ConcurrentDictionary<string, StreamFold> _folds = new(StringComparer.Ordinal);

    /// <summary>
    /// The fold of a stream, if the copy holds all of it: what was folded and not committed is not gone on with.
    /// </summary>
    public StreamFold? Find(string streamId, DateTime? copiedUntil) =>
        copiedUntil is { } until && _folds.TryGetValue(streamId, out var fold) && fold.LastEventAt.UtcDateTime <= until
            ? fold
            : null;

    public void Keep(FoldedStream stream)
    {
        if (stream.Events >= Long && (_folds.Count < Most || _folds.ContainsKey(stream.StreamId)))
            _folds[stream.StreamId] = stream.Fold;
    }
}
