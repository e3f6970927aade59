using OperationTracker.Core.Findings;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.EventStore;

/// <summary>
/// What events a change consists of, given the state that stands; none when nothing is to be written. Called again with
/// a newer state after a conflict, so it must be pure; the last call is the one that counted.
/// </summary>
public delegate IReadOnlyList<OperationEvent> Decide(OperationState state);

/// <summary>
/// Appends to the streams of operations. Promises, the same for every store: the events of one call are appended
/// together or not at all, upon exactly the state that <see cref="Decide"/> saw; positions are dense and follow the
/// versions of each stream; what a call that returned has appended, every later read sees, on every node.
/// </summary>
public interface IEventStore : IOperationReader
{
    /// <summary>
    /// Decides about the operation and appends what was decided. Conflicts with other writers are retried within.
    /// </summary>
    /// <param name="change">What is proposed.</param>
    /// <param name="cancel">
    /// Withdraws a change that has not been sent to the database; one that has been is finished.
    /// </param>
    /// <exception cref="EventStoreException">Why it could not be done, and whether it may have been.</exception>
    Task<AppendOutcome> AppendAsync(ProposedChange change, CancellationToken cancel);
}

/// <summary>Reads operations, their histories and the log.</summary>
public interface IOperationReader
{
    /// <summary>The operation as it stands when this is called or later; null when there is none.</summary>
    /// <param name="id">The operation.</param>
    /// <param name="knownETag">
    /// The ETag of a document that the caller has; if it still stands, the view may come without the document.
    /// </param>
    /// <param name="cancel">Checked before the store is asked; a read that was sent is not worth calling back.</param>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<OperationView?> FindAsync(OperationId id, string? knownETag, CancellationToken cancel);

    /// <summary>One page of the list, ordered by occurred_time and id.</summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<IReadOnlyList<OperationListItem>> ListAsync(OperationListQuery query, CancellationToken cancel);

    /// <summary>One page of ids in the same order, as the text that a list of them is made of.</summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<OperationListPage> ListIdsAsync(OperationListQuery query, CancellationToken cancel);

    /// <summary>
    /// The events of an operation after <paramref name="afterVersion"/>, in order, at most <paramref name="limit"/>.
    /// Fewer though more follow, but never none, where they are large: a reader goes on until it gets none.
    /// </summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        OperationId id, long afterVersion, int limit, CancellationToken cancel);

    /// <summary>
    /// The events of the whole log after <paramref name="afterPosition"/>, in order, at most <paramref name="limit"/>.
    /// A reader that goes on from the last position it was given sees each event exactly once and never has to look
    /// back.
    /// </summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<IReadOnlyList<StoredEvent>> ReadLogAsync(long afterPosition, int limit, CancellationToken cancel);

    /// <summary>The events of the log that a query asks for, from a bounded piece of it.</summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<EventLogPage> SearchLogAsync(EventLogQuery query, CancellationToken cancel);

    /// <summary>The position of the log's last event; 0 while there is none.</summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<long> ReadHeadAsync(CancellationToken cancel);

    /// <summary>
    /// The stays in states that ended after a position, between two times, from a bounded piece of the log. Of
    /// operations that stand in the list; kinds, stream and limit of the query are not looked at.
    /// </summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<StayPage> SearchStaysAsync(EventLogQuery query, CancellationToken cancel);

    /// <summary>Operations of the list that are executing, after a place, in the list's order.</summary>
    /// <exception cref="EventStoreException">The store could not answer.</exception>
    Task<IReadOnlyList<ExecutingOperation>> ReadExecutingAsync(
        ListPosition? after, int limit, CancellationToken cancel);
}

/// <summary>A change that somebody wants.</summary>
/// <param name="Id">The operation, known to the store or not.</param>
/// <param name="Decide">Says what to append.</param>
/// <param name="Source">Who brought it.</param>
/// <param name="Size">About how many bytes it holds in memory while it waits; bounds the queue.</param>
public sealed record ProposedChange(OperationId Id, Decide Decide, ChangeSource Source, int Size = 0);

/// <summary>
/// Who brought a change; goes into the metadata of its events. Texts are cut and cleaned by the store.
/// </summary>
/// <param name="Address">The sender's network address, where there is one.</param>
/// <param name="UserAgent">The sender's program, in its own words.</param>
/// <param name="CorrelationId">The trace id of the request.</param>
/// <param name="UserName">The principal; null while nobody signs in.</param>
public sealed record ChangeSource(
    string? Address = null, string? UserAgent = null, string? CorrelationId = null, string? UserName = null);

/// <summary>What an append came to.</summary>
/// <param name="View">The operation as it stands after it; null when there still is none.</param>
/// <param name="FirstVersion">The version of the change's first event; 0 when nothing was appended.</param>
/// <param name="LastVersion">The version of its last event; 0 when nothing was appended.</param>
public sealed record AppendOutcome(OperationView? View, long FirstVersion, long LastVersion);
