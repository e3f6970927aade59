using OperationTracker.Core.EventStore;

namespace OperationTracker.Core.History;

/// <summary>
/// Searches the log for what one answer needs, in as many short calls as its time allows: rare events may lie far
/// apart. The answer says how far it came, so that its reader goes on, and no request costs more than another.
/// </summary>
public sealed class LogSearch(IOperationReader events, TimeProvider clock)
{
    /// <summary>How long one answer looks for more: what a person waits for without wondering.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of data after which an answer is enough.</summary>
    private const long Bytes = 4 * 1024 * 1024;

    /// <summary>The events that a query asks for, fewer than its limit where they are rare or large.</summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    public async Task<EventLogPage> FindAsync(EventLogQuery query, CancellationToken cancel)
    {
        var begin = clock.GetTimestamp();
        var found = new List<StoredEvent>();
        var bytes = 0L;
        var after = query.After;
        EventLogPage page;
        do
        {
            page = await events.SearchLogAsync(query with { After = after, Limit = query.Limit - found.Count }, cancel)
                .ConfigureAwait(false);
            found.AddRange(page.Events);
            bytes += page.Events.Sum(item => (long)item.Data.Length);
            after = page.NextAfter;
        }
        while (!page.AtEnd && found.Count < query.Limit && bytes < Bytes && clock.GetElapsedTime(begin) < Patience);

        return new EventLogPage(found, after, page.AtEnd);
    }
}
