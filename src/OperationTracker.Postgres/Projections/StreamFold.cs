using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Projections;

/// <summary>The fold of one stream as its events come, in the columns of <c>read_streams</c>.</summary>
internal sealed class StreamFold(string streamId, bool withPast)
{
    private readonly List<PastOperationRow> _past = [];
    private OperationState _state = OperationState.Initial;

    public string StreamId => streamId;

    public long Version => _state.Version;

    public long Events { get; private set; }

    /// <summary>The latest time of the events so far.</summary>
    public DateTimeOffset LastEventAt { get; private set; } = DateTimeOffset.MinValue;

    /// <summary>
    /// The same fold, to be gone on with; this one stays as it is. Its past is that of the events to come.
    /// </summary>
    public StreamFold GoOn() => new(streamId, withPast) { _state = _state, Events = Events, LastEventAt = LastEventAt };

    /// <summary>Folds the event of a row; says what is wrong with it, if anything.</summary>
    public EventFault? Add(NpgsqlDataReader row)
    {
        var (version, type) = (row.GetInt64(1), row.GetString(2));
        var headers = row.IsDBNull(5) ? null : row.GetString(5);
        var @event = EventUpcasters.Declared.TryRead(type, row.GetFieldValue<byte[]>(3), headers);
        var time = row.GetFieldValue<DateTimeOffset>(4);
        if (withPast && time > LastEventAt && _state.Document is { } document)
            _past.Add(PastOperationRow.Of(streamId, _state, document, LastEventAt, time));
        LastEventAt = time > LastEventAt ? time : LastEventAt;
        Events++;
        try
        {
            _state = OperationProjection.ApplyAt(_state, version, @event);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            _state = OperationProjection.ApplyAt(_state, version, null);
            return Fault($"the fold failed ({fault.GetType().Name})");
        }

        return @event is null && EventUpcasters.Declared.IsKnown(type)
            ? Fault("its data are not those of such an event")
            : null;

        EventFault Fault(string reason) => new(streamId, version, 0, type, reason);
    }

    public FoldedStream End() => new(
        this, OperationRow.Of(streamId, _state, OperationView.Of(_state), LastEventAt), _past);
}
