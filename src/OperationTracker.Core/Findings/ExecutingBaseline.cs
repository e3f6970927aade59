using OperationTracker.Core.EventStore;

namespace OperationTracker.Core.Findings;

/// <summary>
/// How long operations were executing lately, read from the log's end at most once a minute however often it is asked
/// for: what is usual changes slowly, and no request may cost a pass over the whole log.
/// </summary>
public sealed class ExecutingBaseline(IOperationReader events, TimeProvider clock) : IDisposable
{
    /// <summary>
    /// Events at the log's end that are looked at: some ten thousand operations, a fraction of a second.
    /// </summary>
    private const long Positions = 100_000;

    private static readonly TimeSpan Freshness = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _turn = new(1);
    private ExecutingTimes? _times;
    private long _readAt;

    /// <summary>The times, at most a minute old.</summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    public async Task<ExecutingTimes> GetAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_times is null || clock.GetElapsedTime(_readAt) > Freshness)
            {
                _times = await ReadAsync(cancel).ConfigureAwait(false);
                _readAt = clock.GetTimestamp();
            }

            return _times;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<ExecutingTimes> ReadAsync(CancellationToken cancel)
    {
        var times = new ExecutingTimes();
        var head = await events.ReadHeadAsync(cancel).ConfigureAwait(false);
        var page = new StayPage([], Math.Max(head - Positions, 0), head == 0);
        while (!page.AtEnd && page.NextAfter < head)
        {
            page = await events.SearchStaysAsync(
                new EventLogQuery(page.NextAfter, int.MaxValue), cancel).ConfigureAwait(false);
            foreach (var stay in page.Stays)
                times.Add(stay);
        }

        return times;
    }
}
