using System.Text;
using OperationTracker.Core.Findings;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.EventStore;

/// <summary>
/// The reference: a store in memory, one lock, nothing clever. What it answers is what every store must answer. For
/// tests, and for applications that want to try the domain without a database.
/// </summary>
public sealed class MemoryEventStore(TimeProvider clock) : IEventStore
{
    private readonly Lock _lock = new();
    private readonly List<StoredEvent> _log = [];
    private readonly Dictionary<string, List<StoredEvent>> _streams = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OperationState> _states = new(StringComparer.Ordinal);
    private (DateTimeOffset? AsOf, int Events, OperationDocument[] Documents)? _listed;

    /// <inheritdoc/>
    public Task<AppendOutcome> AppendAsync(ProposedChange change, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var (id, decide, source, _) = change;
        lock (_lock)
        {
            var state = _states.GetValueOrDefault(id.Value, OperationState.Initial);
            var events = decide(state);
            if (events.Count == 0)
                return Task.FromResult(new AppendOutcome(OperationView.Of(state), 0, 0));
            var (first, last) = (state.Version + 1, state.Version + events.Count);
            var headers = ChangeHeaders.Write(source, first, last);
            var causation = Guid.NewGuid().ToString();
            var time = Now();
            for (var i = 0; i < events.Count; i++)
            {
                Store(new StoredEvent(
                    0, id.Value, first + i, Guid.NewGuid(), OperationEventTypes.AliasOf(events[i]),
                    Encoding.UTF8.GetString(OperationEventTypes.Write(events[i])), time, causation,
                    source.CorrelationId, source.UserName, headers));
            }

            return Task.FromResult(new AppendOutcome(OperationView.Of(_states[id.Value]), first, last));
        }
    }

    /// <summary>Appends an event as another application would: of any kind, with any JSON.</summary>
    public void AppendForeign(string streamId, string type, string data)
    {
        lock (_lock)
        {
            Store(new StoredEvent(
                0, streamId, _states.GetValueOrDefault(streamId, OperationState.Initial).Version + 1, Guid.NewGuid(),
                type, data, Now(), null, null, null, null));
        }
    }

    /// <summary>
    /// Adds an event as it was stored elsewhere, with its position, version and time. Positions rise from call to call;
    /// they may leave some out, as versions of a stream may not.
    /// </summary>
    public void Load(StoredEvent stored)
    {
        lock (_lock)
            Add(stored);
    }

    /// <inheritdoc/>
    public Task<OperationView?> FindAsync(OperationId id, string? knownETag, CancellationToken cancel)
    {
        lock (_lock)
            return Task.FromResult(OperationView.Of(_states.GetValueOrDefault(id.Value, OperationState.Initial)));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<OperationListItem>> ListAsync(OperationListQuery query, CancellationToken cancel)
    {
        lock (_lock)
        {
            IReadOnlyList<OperationListItem> page =
            [
                .. Listed(query.AsOf)
                    .Where(document => query.After is not { } after || Compare(document, after) > 0)
                    .Where(document => Passes(query.Filter, document))
                    .Take(query.Limit)
                    .Select(document => new OperationListItem(
                        document.OperationId, document.OccurredTime, document.LastUpdateTime,
                        document.Status.ToText(), query.DocumentOf(OperationJson.Write(document)))),
            ];
            return Task.FromResult(page);
        }
    }

    /// <inheritdoc/>
    public async Task<OperationListPage> ListIdsAsync(OperationListQuery query, CancellationToken cancel)
    {
        var page = await ListAsync(query, cancel).ConfigureAwait(false);
        var ids = string.Join(',', page.Select(item => JsonValueText.Write(
            writer => writer.WriteStringValue(item.OperationId))));
        return new OperationListPage(
            page.Count, Encoding.UTF8.GetBytes(ids), page.Count > 0 ? page[^1].Position : null);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredEvent>> ReadStreamAsync(
        OperationId id, long afterVersion, int limit, CancellationToken cancel)
    {
        lock (_lock)
        {
            IReadOnlyList<StoredEvent> events =
                [.. _streams.GetValueOrDefault(id.Value, []).Where(item => item.Version > afterVersion).Take(limit)];
            return Task.FromResult(events);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredEvent>> ReadLogAsync(long afterPosition, int limit, CancellationToken cancel)
    {
        lock (_lock)
        {
            IReadOnlyList<StoredEvent> events = [.. LogAfter(afterPosition).Take(limit)];
            return Task.FromResult(events);
        }
    }

    /// <inheritdoc/>
    public Task<EventLogPage> SearchLogAsync(EventLogQuery query, CancellationToken cancel)
    {
        lock (_lock)
        {
            StoredEvent[] found = [.. LogAfter(query.After).Where(item => Passes(query, item)).Take(query.Limit)];
            return Task.FromResult(found.Length == query.Limit
                ? new EventLogPage(found, found[^1].Position, found[^1].Position == Head)
                : new EventLogPage(found, Math.Max(query.After, Head), true));
        }
    }

    /// <inheritdoc/>
    public Task<long> ReadHeadAsync(CancellationToken cancel)
    {
        lock (_lock)
            return Task.FromResult(Head);
    }

    /// <inheritdoc/>
    public Task<StayPage> SearchStaysAsync(EventLogQuery query, CancellationToken cancel)
    {
        lock (_lock)
        {
            StateStay[] stays =
            [
                .. from item in LogAfter(query.After)
                   where Passes(query with { Kinds = [], StreamId = null }, item)
                   let left = StateLeft(item)
                   let begun = _streams[item.StreamId].LastOrDefault(
                       other => other.Version < item.Version && BeginsState(other))
                   let request = _states[item.StreamId].Document?.Request
                   where left is not null && begun is not null && request is not null
                   let duration = item.Timestamp - begun.Timestamp
                   select new StateStay(
                       left.Value, duration < TimeSpan.Zero ? TimeSpan.Zero : duration,
                       request.Method.ToText(), request.Uri),
            ];
            return Task.FromResult(new StayPage(stays, Math.Max(query.After, Head), true));
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ExecutingOperation>> ReadExecutingAsync(
        ListPosition? after, int limit, CancellationToken cancel)
    {
        lock (_lock)
        {
            IReadOnlyList<ExecutingOperation> page =
            [
                .. _states.Values.Select(state => state.Document).OfType<OperationDocument>()
                    .Where(document => document.Status == OperationStatus.Executing)
                    .Where(document => after is null || Compare(document, after) > 0)
                    .OrderBy(document => document.OccurredTime, StringComparer.Ordinal)
                    .ThenBy(document => document.OperationId, StringComparer.Ordinal)
                    .Take(limit)
                    .Select(document => new ExecutingOperation(
                        document.OperationId, document.OccurredTime,
                        _streams[document.OperationId].LastOrDefault(
                            BeginsState, _streams[document.OperationId][^1]).Timestamp,
                        document.Request.Method.ToText(), document.Request.Uri)),
            ];
            return Task.FromResult(page);
        }
    }

    private long Head => _log.Count > 0 ? _log[^1].Position : 0;

    private IEnumerable<StoredEvent> LogAfter(long position)
    {
        var (from, to) = (0, _log.Count);
        while (from < to)
        {
            var middle = (from + to) / 2;
            (from, to) = _log[middle].Position > position ? (from, middle) : (middle + 1, to);
        }

        return _log.Skip(from);
    }

    private static bool BeginsState(StoredEvent item) =>
        item.Event is OperationRegistered || StateLeft(item) is not null;

    private static OperationStatus? StateLeft(StoredEvent item) => item.Event switch
    {
        StatusChanged { From: var from, To: var to } when from != to => from,
        ResultCorrected { From: var from, To: var to } when from != to => from,
        _ => null,
    };

    private static bool Passes(EventLogQuery query, StoredEvent item) =>
        (query.Kinds.Count == 0 || query.Kinds.Contains(item.Type))
        && (query.StreamId is null || query.StreamId == item.StreamId)
        && (query.From is null || item.Timestamp >= query.From)
        && (query.To is null || item.Timestamp < query.To)
        && (!query.ForeignOnly || !EventOrigin.Of(item).IsOurs);

    /// <summary>Whole microseconds, as a database keeps them.</summary>
    private DateTimeOffset Now()
    {
        var now = clock.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>
    /// The list in its order; kept until something is appended, for a long list is asked for page by page.
    /// </summary>
    private OperationDocument[] Listed(DateTimeOffset? asOf)
    {
        if (_listed is { } kept && kept.AsOf == asOf && kept.Events == _log.Count)
            return kept.Documents;
        OperationDocument[] documents =
        [
            .. States(asOf).Select(state => state.Document).OfType<OperationDocument>()
                .OrderBy(document => document.OccurredTime, StringComparer.Ordinal)
                .ThenBy(document => document.OperationId, StringComparer.Ordinal),
        ];
        _listed = (asOf, _log.Count, documents);
        return documents;
    }

    private IEnumerable<OperationState> States(DateTimeOffset? asOf) => asOf is null
        ? _states.Values
        : _streams.Values.Select(stream => OperationProjection.Fold(
            OperationState.Initial, stream.TakeWhile(item => item.Timestamp <= asOf).Select(item => item.Event)));

    private void Store(StoredEvent @event) => Add(@event with { Position = Head + 1 });

    private void Add(StoredEvent stored)
    {
        _log.Add(stored);
        if (!_streams.TryGetValue(stored.StreamId, out var stream))
            _streams.Add(stored.StreamId, stream = []);
        stream.Add(stored);
        _states[stored.StreamId] = OperationProjection.ApplyAt(
            _states.GetValueOrDefault(stored.StreamId, OperationState.Initial), stored.Version, stored.Event);
    }

    private static bool Passes(OperationFilter filter, OperationDocument document) =>
        (filter.Statuses.Count == 0 || filter.Statuses.Contains(document.Status))
        && (filter.ClusterId is null || ClusterIds.Of(document).Contains(filter.ClusterId))
        && (filter.Method is null || filter.Method == document.Request.Method)
        && (filter.UriPrefix is null || document.Request.Uri.StartsWith(filter.UriPrefix, StringComparison.Ordinal))
        && IsWithin(document.OccurredTime, filter.OccurredFrom, filter.OccurredTo)
        && IsWithin(document.LastUpdateTime, filter.UpdatedFrom, filter.UpdatedTo);

    private static bool IsWithin(string time, string? from, string? to) =>
        (from is null || string.CompareOrdinal(time, from) >= 0) && (to is null || string.CompareOrdinal(time, to) < 0);

    private static int Compare(OperationDocument document, ListPosition position) =>
        string.CompareOrdinal(document.OccurredTime, position.OccurredTime) is var order and not 0
            ? order
            : string.CompareOrdinal(document.OperationId, position.OperationId);
}
