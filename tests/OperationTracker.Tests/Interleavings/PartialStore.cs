using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Interleavings;

/// <summary>A store as far as <see cref="OperationTracker.Core.OperationService"/> needs one for PUT and GET.</summary>
internal abstract class PartialStore : IEventStore
{
    public abstract Task<AppendOutcome> AppendAsync(ProposedChange change, CancellationToken cancel);

    public abstract Task<OperationView?> FindAsync(OperationId id, string? knownETag, CancellationToken cancel);

    public Task<IReadOnlyList<OperationListItem>> ListAsync(OperationListQuery query, CancellationToken cancel) =>
        throw new NotSupportedException();

    public Task<OperationListPage> ListIdsAsync(OperationListQuery query, CancellationToken cancel) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        OperationId id, long afterVersion, int limit, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<StoredEvent>> ReadLogAsync(long afterPosition, int limit, CancellationToken cancel) =>
        throw new NotSupportedException();

    public Task<EventLogPage> SearchLogAsync(EventLogQuery query, CancellationToken cancel) =>
        throw new NotSupportedException();

    public Task<long> ReadHeadAsync(CancellationToken cancel) => throw new NotSupportedException();

    public Task<StayPage> SearchStaysAsync(EventLogQuery query, CancellationToken cancel) =>
        throw new NotSupportedException();

    public Task<IReadOnlyList<ExecutingOperation>> ReadExecutingAsync(
        ListPosition? after, int limit, CancellationToken cancel) => throw new NotSupportedException();
}
