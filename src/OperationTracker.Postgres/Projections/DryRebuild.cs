using System.Collections.Concurrent;

namespace OperationTracker.Postgres.Projections;

/// <summary>A rebuild that writes nothing: the same streams, folded by the same code, and counted.</summary>
public sealed class DryRebuild(TrackerDatabase database, RebuildOptions options, TimeProvider clock)
{
    /// <summary>Folds everything, and returns the figures that a rebuild of the same log would have.</summary>
    /// <exception cref="EventFaultException">An event cannot be folded, and that was to stop it.</exception>
    public async Task<RebuildProgress> RunAsync(
        Action<RebuildProgress> onProgress, Action<EventFault> onFault, CancellationToken cancel)
    {
        using var giveWay = new GiveWay(database, clock);
        await using var connection = await database.OpenWalkAsync(cancel).ConfigureAwait(false);
        await giveWay.LookAroundAsync(connection, GiveWay.BetweenLooks, cancel).ConfigureAwait(false);
        var (streams, events) = await StreamPages.CountAsync(database, connection, cancel).ConfigureAwait(false);
        var ranges = new ConcurrentQueue<StreamRange>(
            await StreamPages.DivideAsync(database, connection, streams, cancel).ConfigureAwait(false));
        var (pace, faults) = (new Pace(options.Pace, clock), new EventFaults(database, options.OnFault, onFault));
        var walk = new StreamWalk(database, giveWay, pace, StreamPages.CopiedStreams);
        var counters = new RebuildCounters(streams, events, clock);
        using (new Ticker(clock, () => onProgress(counters.Now(faults.Count))))
            await Workers.RunAllAsync(options.Workers, FoldAsync, cancel).ConfigureAwait(false);
        counters.Phase = "done";
        return counters.Now(faults.Count);

        async Task FoldAsync(CancellationToken stop)
        {
            var folder = new StreamFolder(database, faults, withPast: true);
            await using var reader = await database.OpenWalkAsync(stop).ConfigureAwait(false);
            await walk.RunAsync(reader, ranges, CountPageAsync, stop).ConfigureAwait(false);

            async Task<long> CountPageAsync(StreamRange range, StreamPage? page)
            {
                var events = 0L;
                if (page is null)
                    return events;
                await foreach (var stream in folder
                    .FoldAsync(reader, page.After, page.Last, stop).ConfigureAwait(false))
                {
                    counters.Add(1, stream.Events, stream.Row is null ? 0 : 1);
                    events += stream.Events;
                }

                return events;
            }
        }
    }
}
