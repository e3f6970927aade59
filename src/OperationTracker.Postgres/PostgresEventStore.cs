using Microsoft.Extensions.Logging;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Audit;

namespace OperationTracker.Postgres;

/// <summary>
/// The event store over Marten's tables. Promises: events, stream version, position and view of a change are written in
/// one transaction, on disk before the caller hears of it; a read sees every change acknowledged before it, on every
/// node; all else as <see cref="IEventStore"/> has it. Expects a migrated schema.
/// </summary>
public sealed class PostgresEventStore : IEventStore, IAsyncDisposable
{
    private readonly TrackerDatabase _database;
    private readonly AppendQueue _appends;
    private readonly AppendFlight _flight;
    private readonly ReadQueue _reads;
    private readonly OperationsTable _operations;
    private readonly PastOperations _past;
    private readonly EventLog _log;
    private readonly ForeignEventSweep _sweep;
    private readonly TreeBuilder _tree;
    private readonly Lazy<Task> _stopped;
    private volatile EventStoreException? _appendFailure;

    /// <summary>A store over a database that the caller keeps and disposes of after the store.</summary>
    public PostgresEventStore(TrackerDatabase database, TimeProvider clock, ILogger<PostgresEventStore> logger)
        : this(database, clock, logger, new AppendQueueLimits())
    {
    }

    internal PostgresEventStore(
        TrackerDatabase database, TimeProvider clock, ILogger<PostgresEventStore> logger, AppendQueueLimits limits)
    {
        _database = database;
        var loader = new StateLoader(database);
        _flight = new AppendFlight(database, loader, clock, entry => _appends!.PutBack(entry), NoteEnd);
        _appends = new AppendQueue(_flight.FlyAsync, limits, clock, () => _flight.SharesLog);
        _reads = new ReadQueue(database, loader);
        _operations = new OperationsTable(database);
        _past = new PastOperations(database);
        _log = new EventLog(database);
        _sweep = new ForeignEventSweep(database, CatchUpAsync, clock, logger);
        _tree = new TreeBuilder(database, clock, logger);
        _stopped = new Lazy<Task>(StopAsync);
    }

    /// <summary>
    /// Why the last append could not be stored, or may not have been, where that was the database's doing and not the
    /// change's; null since the next one that was.
    /// </summary>
    public EventStoreException? AppendFailure => _appendFailure;

    /// <inheritdoc/>
    public Task<AppendOutcome> AppendAsync(ProposedChange change, CancellationToken cancel) =>
        _appends.AppendAsync(change.Id.Value, change, cancel);

    /// <inheritdoc/>
    public Task<OperationView?> FindAsync(OperationId id, string? knownETag, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        return _reads.FindAsync(id, knownETag);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<OperationListItem>> ListAsync(OperationListQuery query, CancellationToken cancel) =>
        ReadAsync(() => query.AsOf is null
            ? _operations.ReadPageAsync(query, cancel) : _past.ReadPageAsync(query, cancel));

    /// <inheritdoc/>
    public Task<OperationListPage> ListIdsAsync(OperationListQuery query, CancellationToken cancel) =>
        ReadAsync(() => query.AsOf is null
            ? _operations.ReadIdsAsync(query, cancel) : _past.ReadIdsAsync(query, cancel));

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        OperationId id, long afterVersion, int limit, CancellationToken cancel) => ReadAsync(async () =>
        {
            await using var connection = await _database.OpenAsync(cancel).ConfigureAwait(false);
            return await StoredEventReader
                .ReadStreamAsync(_database, connection, id.Value, afterVersion, limit, cancel).ConfigureAwait(false);
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredEvent>> ReadLogAsync(long afterPosition, int limit, CancellationToken cancel) =>
        ReadAsync(async () =>
        {
            await using var connection = await _database.OpenAsync(cancel).ConfigureAwait(false);
            return await StoredEventReader
                .ReadLogAsync(_database, connection, afterPosition, limit, cancel).ConfigureAwait(false);
        });

    /// <inheritdoc/>
    public Task<EventLogPage> SearchLogAsync(EventLogQuery query, CancellationToken cancel) =>
        ReadAsync(() => _log.SearchAsync(query, cancel));

    /// <inheritdoc/>
    public Task<long> ReadHeadAsync(CancellationToken cancel) => ReadAsync(() => _log.ReadHeadAsync(cancel));

    /// <inheritdoc/>
    public Task<StayPage> SearchStaysAsync(EventLogQuery query, CancellationToken cancel) =>
        ReadAsync(() => _log.SearchStaysAsync(query, cancel));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ExecutingOperation>> ReadExecutingAsync(
        ListPosition? after, int limit, CancellationToken cancel) =>
        ReadAsync(() => _operations.ReadExecutingAsync(after, limit, cancel));

    /// <summary>
    /// Gives positions to what other applications have appended and catches up the views of their streams; done every
    /// second by itself once <see cref="StartBackgroundWork"/> was called.
    /// </summary>
    /// <returns>Whether anything was found to do.</returns>
    public Task<bool> SweepAsync(CancellationToken cancel) => _sweep.RunOnceAsync(cancel);

    /// <summary>
    /// Begins what is done beside the requests until the store is disposed of: sweeping for events of other
    /// applications, building the tree over the log.
    /// </summary>
    public void StartBackgroundWork()
    {
        _sweep.Start();
        _tree.Start();
    }

    /// <summary>
    /// Refuses new appends, finishes those that have begun, and stops the background work. A container disposes of what
    /// it knows by two names twice; the second time waits for the first.
    /// </summary>
    public ValueTask DisposeAsync() => new(_stopped.Value);

    private void NoteEnd(EventStoreException? failure)
    {
        if (failure is null or { Failure: StoreFailure.RefusedForNow or StoreFailure.OutcomeUnknown })
            _appendFailure = failure;
    }

    private async Task StopAsync()
    {
        await _tree.DisposeAsync().ConfigureAwait(false);
        await _sweep.DisposeAsync().ConfigureAwait(false);
        await _appends.DisposeAsync().ConfigureAwait(false);
        await _flight.DisposeAsync().ConfigureAwait(false);
    }

    private Task<AppendOutcome> CatchUpAsync(string streamId, CancellationToken cancel) =>
        _appends.AppendAsync(streamId, change: null, cancel);

    private static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            throw PostgresErrors.BeforeSending(fault);
        }
    }
}
