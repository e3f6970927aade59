using System.Collections.Concurrent;
using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// A walk over all streams, page by page, that several share. Promises: a page is smaller and is rested after while
/// others are at work in the database, and the pace is kept in any case.
/// </summary>
/// <param name="database">Where the streams are.</param>
/// <param name="giveWay">Tells whether others are at work.</param>
/// <param name="pace">How many events a second at most.</param>
/// <param name="mostStreams">Streams of a page at most.</param>
internal sealed class StreamWalk(TrackerDatabase database, GiveWay giveWay, Pace pace, int mostStreams)
{
    /// <summary>
    /// How often the time of a page is rested for while others are at work: the walk takes a third of what it would,
    /// and whatever has come to wait behind a page is done before the next.
    /// </summary>
    public const int Rests = 2;

    /// <summary>Takes one range after the other until none is left.</summary>
    /// <param name="connection">Finds the pages, and is idle when there is nothing to do.</param>
    /// <param name="ranges">The ranges that all who walk share.</param>
    /// <param name="work">
    /// Is given what is left of a range and its next page, null when nothing is there; says how many events it had.
    /// </param>
    /// <param name="cancel">Stops it.</param>
    public async Task RunAsync(
        NpgsqlConnection connection, ConcurrentQueue<StreamRange> ranges,
        Func<StreamRange, StreamPage?, Task<long>> work, CancellationToken cancel)
    {
        while (ranges.TryDequeue(out var range))
        {
            for (var left = range; left is not null;)
            {
                var (events, next) = await giveWay.DoAsync(connection, Rests, () => TakePageAsync(left), cancel)
                    .ConfigureAwait(false);
                await pace.WaitAsync(events, cancel).ConfigureAwait(false);
                left = next;
            }
        }

        async Task<(long Events, StreamRange? Left)> TakePageAsync(StreamRange left)
        {
            var page = await StreamPages
                .NextAsync(
                    database, connection, left, mostStreams, StreamPages.MostEvents(pace, giveWay.IsBusy), cancel)
                .ConfigureAwait(false);
            var events = await work(left, page).ConfigureAwait(false);
            return (events, page is null || page.IsLast ? null : left with { Reached = page.Last });
        }
    }
}
