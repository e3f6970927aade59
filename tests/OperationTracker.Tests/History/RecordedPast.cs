using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;
using OperationTracker.Tests.Operations;

namespace OperationTracker.Tests.History;

/// <summary>
/// An operation as it was served after each of its changes, written down while it happened. What nobody was served,
/// within a change, is folded here from the stored events.
/// </summary>
internal sealed class RecordedPast
{
    private readonly Dictionary<long, OperationView> _served = [];
    private readonly Dictionary<long, ChangeRange> _changes = [];

    private RecordedPast(OperationId id) => Id = id;

    public OperationId Id { get; }

    public IReadOnlyList<StoredEvent> Events { get; private set; } = [];

    /// <summary>Puts the documents of a sequence, under the id.</summary>
    public static async Task<RecordedPast> MakeAsync(IEventStore store, OperationId id, DocumentSequence sequence)
    {
        var past = new RecordedPast(id);
        var service = new OperationService(store);
        foreach (var document in sequence.Documents)
        {
            var body = OperationJson.Write(document with { OperationId = id.Value });
            await service.PutAsync(id, body, PutCondition.None, new ChangeSource(), default);
            var events = await store.ReadStreamAsync(id, 0, 10_000, default);
            var range = new ChangeRange(past.Events.Count + 1, events.Count);
            for (var version = range.First; version < range.Last; version++)
                past._changes[version] = range;
            past.Events = events;
            past._served[events.Count] = (await store.FindAsync(id, null, default))!;
        }

        return past;
    }

    public PastOperation? At(long version)
    {
        if (version < 1 || version > Events.Count)
            return null;
        if (_served.TryGetValue(version, out var served))
            return new PastOperation(served, version, null);
        var state = OperationState.Initial;
        foreach (var stored in Events.Take((int)version))
            state = OperationProjection.Apply(state, OperationEventTypes.TryRead(stored.Type, stored.Data));
        return new PastOperation(OperationView.Of(state)!, version, _changes[version]);
    }
}
