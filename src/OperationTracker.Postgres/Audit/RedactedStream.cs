using OperationTracker.Core.Audit;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Audit;

/// <summary>An event whose data are replaced.</summary>
/// <param name="Event">The event as it stands.</param>
/// <param name="Data">Its new data.</param>
/// <param name="Openings">What takes the place of its secret.</param>
/// <param name="Values">The numbers of the values that are replaced; -1 for the data as a whole.</param>
internal sealed record RedactedEvent(AuditedEvent Event, byte[] Data, byte[] Openings, IReadOnlyList<int> Values);

/// <summary>A stream as it is to be after a redaction, worked out before anything is written.</summary>
internal sealed class RedactedStream
{
    private readonly IReadOnlyList<AuditedEvent> _events;
    private readonly IReadOnlyList<string> _pointers;

    /// <param name="events">The events of the stream, in order, with their seals.</param>
    /// <param name="pointers">Where to redact.</param>
    public RedactedStream(IReadOnlyList<AuditedEvent> events, IReadOnlyList<string> pointers)
    {
        _events = events;
        _pointers = pointers;
        Redacted = Redact(new HashSet<string>());
        // A value may have come to its place later, when an element before its own was taken away.
        if (ValuesThatStand() is { Count: > 0 } moved)
            Redacted = Redact(moved);
        if (ValuesThatStand().Count > 0)
            throw new InvalidDataException("Values would still stand at the pointers; nothing was redacted.");
    }

    /// <summary>The events that change.</summary>
    public IReadOnlyList<RedactedEvent> Redacted { get; }

    /// <summary>The stream's fold after it, without the event that tells of it.</summary>
    public LoadedOperation Fold()
    {
        var (state, last) = (OperationState.Initial, DateTimeOffset.MinValue);
        foreach (var @event in After())
        {
            state = OperationProjection.ApplyAt(state, @event.Version, @event.Event);
            last = @event.Timestamp > last ? @event.Timestamp : last;
        }

        return new LoadedOperation(state, OperationView.Of(state), last) { LastLink = _events[^1].Seal!.Link };
    }

    private List<RedactedEvent> Redact(IReadOnlySet<string> moved) =>
        [.. _events.Select(@event => Redact(@event, moved)).OfType<RedactedEvent>()];

    private RedactedEvent? Redact(AuditedEvent @event, IReadOnlySet<string> moved)
    {
        var before = CanonicalJson.OfJsonb(@event.Data);
        var after = Redaction.Apply(@event.Type, before, _pointers, moved);
        if (before.AsSpan().SequenceEqual(after))
            return null;
        if (@event.Openings() is not { } openings)
            return new RedactedEvent(@event, after, [1, .. @event.ContentHash()!], [-1]);
        var (old, now) = (SealedValues.Of(before), SealedValues.Of(after));
        int[] values =
            [.. Enumerable.Range(0, old.Count).Where(index => !old[index].AsSpan().SequenceEqual(now[index]))];
        return new RedactedEvent(@event, after, openings.Without(old, values.ToHashSet()).ToBytes(), values);
    }

    /// <summary>Values at the pointers, in the document of any version.</summary>
    private HashSet<string> ValuesThatStand()
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        var state = OperationState.Initial;
        foreach (var @event in After())
        {
            var next = OperationProjection.Apply(state, @event.Event);
            if (next.Document is { } document && !ReferenceEquals(document, state.Document))
                values.UnionWith(Redaction.ValuesAt(document, _pointers));
            state = next;
        }

        return values;
    }

    private IEnumerable<AuditedEvent> After()
    {
        var redacted = Redacted?.ToDictionary(item => item.Event.Version, item => item.Data) ?? [];
        return _events.Select(@event => redacted.TryGetValue(@event.Version, out var data)
            ? @event with { Data = data }
            : @event);
    }
}
