using System.Runtime.CompilerServices;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.History;

/// <summary>
/// What an operation's events tell: one by one, and what stood at a version or an instant. Each answer is a fold from
/// the first event on, read in pages; no more of a stream is held than a page.
/// </summary>
public sealed class OperationHistory(IOperationReader events)
{
    /// <summary>Events read at once. Pages end early where events are large.</summary>
    private const int PageSize = 200;

    /// <summary>
    /// Bytes of data and of compared documents after which a page of history ends early. Comparing documents is its
    /// cost, and this is a tenth of a second's.
    /// </summary>
    private const long PageBytes = 4 * 1024 * 1024;

    /// <summary>The events of an operation after a version; null when it has none at all.</summary>
    /// <param name="id">The operation.</param>
    /// <param name="after">The version after which to begin; 0 for the first. Past the end the page is empty.</param>
    /// <param name="limit">Most entries of the page.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    public async Task<HistoryPage?> ReadAsync(OperationId id, long after, int limit, CancellationToken cancel)
    {
        var fold = new StreamFold();
        var entries = new List<HistoryEntry>();
        var document = new DocumentText();
        var work = 0L;
        await foreach (var @event in EventsAsync(id, PageSize, cancel).ConfigureAwait(false))
        {
            if (entries.Count == limit || work > PageBytes)
                return new HistoryPage(entries, entries[^1].Event.Version, AtEnd: false);
            var before = @event.Version > after ? document.Of(fold.State) : default;
            fold.Add(@event);
            if (@event.Version <= after)
                continue;
            var now = document.Of(fold.State);
            entries.Add(HistoryEntry.Of(@event, before, now));
            work += @event.Data.Length + now.Length;
        }

        return fold.Last is null
            ? null
            : new HistoryPage(entries, entries.Count > 0 ? entries[^1].Event.Version : after, AtEnd: true);
    }

    /// <summary>
    /// The operation after its first <paramref name="version"/> events; null when it has fewer, or no document then.
    /// </summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    public async Task<PastOperation?> AtAsync(OperationId id, long version, CancellationToken cancel)
    {
        var pageSize = version < PageSize ? (int)version + 1 : PageSize;
        var past = await FoldAsync(id, @event => @event.Version <= version, pageSize, cancel).ConfigureAwait(false);
        return past?.Version == version ? past : null;
    }

    /// <summary>
    /// The operation after all events up to an instant, those of the instant included; null when it has no document
    /// then. A stream's time does not go back: an event that another application dated before its forerunner counts as
    /// of that one's time.
    /// </summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    public Task<PastOperation?> AtAsync(OperationId id, Instant instant, CancellationToken cancel) =>
        FoldAsync(id, @event => @event.Timestamp <= instant.Floor, PageSize, cancel);

    /// <summary>Each event with the state after it, from the first on; nothing when there are none.</summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    public async IAsyncEnumerable<(StoredEvent Event, OperationState State)> StatesAsync(
        OperationId id, [EnumeratorCancellation] CancellationToken cancel)
    {
        var fold = new StreamFold();
        await foreach (var @event in EventsAsync(id, PageSize, cancel).ConfigureAwait(false))
        {
            fold.Add(@event);
            yield return (@event, fold.State);
        }
    }

    private async Task<PastOperation?> FoldAsync(
        OperationId id, Predicate<StoredEvent> belongs, int pageSize, CancellationToken cancel)
    {
        var fold = new StreamFold();
        StoredEvent? next = null;
        await foreach (var @event in EventsAsync(id, pageSize, cancel).ConfigureAwait(false))
        {
            if (!belongs(@event))
            {
                next = @event;
                break;
            }

            fold.Add(@event);
        }

        return fold.ToOperation(next);
    }

    private async IAsyncEnumerable<StoredEvent> EventsAsync(
        OperationId id, int pageSize, [EnumeratorCancellation] CancellationToken cancel)
    {
        var version = 0L;
        while (await events.ReadStreamAsync(id, version, pageSize, cancel).ConfigureAwait(false) is { Count: > 0 } page)
        {
            foreach (var @event in page)
                yield return @event;
            version = page[^1].Version;
        }
    }

    /// <summary>
    /// The text of the document that stands, written once for each document. Empty while there is none.
    /// </summary>
    private sealed class DocumentText
    {
        private OperationDocument? _document;
        private ReadOnlyMemory<byte> _text;

        public ReadOnlyMemory<byte> Of(OperationState state)
        {
            if (!ReferenceEquals(state.Document, _document))
                (_document, _text) = (state.Document, OperationJson.Write(state.Document!));
            return _text;
        }
    }
}
