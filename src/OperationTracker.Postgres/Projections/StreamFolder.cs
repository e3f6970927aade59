using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Reads streams as they lie in the index, each whole, and folds them by the code that the write path uses. Holds one stream
/// at a time, and of that one event and the fold; how far it may run ahead is the <paramref name="pace"/>'s to say.
/// </summary>
internal sealed class StreamFolder(TrackerDatabase database, Pace pace, EventFaults faults, bool withPast)
{
    /// <summary>Events between two looks at the pace.</summary>
    private const int PaceStep = 64;

    /// <summary>The streams after one id, up to and with another, in the order of the index.</summary>
    public IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, string after, string last, CancellationToken cancel) =>
        FoldAsync(connection, "e.stream_id > $2 and e.stream_id <= $3", [Text(after), Text(last)], cancel);

    /// <summary>These streams, in the order of the index; those without events are left out.</summary>
    public IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, IReadOnlyList<string> streamIds, CancellationToken cancel) =>
        FoldAsync(connection, "e.stream_id = any ($2)", [Texts(streamIds)], cancel);

    private async IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, string streams, NpgsqlParameter[] parameters,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            database.Sql["read_streams"].Replace("{streams}", streams, StringComparison.Ordinal), connection);
        command.Parameters.Add(Texts([.. EventUpcasters.Declared.Names]));
        command.Parameters.AddRange(parameters);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        StreamFold? fold = null;
        var unpaced = 0;
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            var streamId = rows.GetString(0);
            if (fold is not null && fold.StreamId != streamId)
            {
                yield return fold.End();
                fold = null;
            }

            fold ??= new StreamFold(streamId, withPast);
            if (fold.Add(rows) is { } fault)
                await faults.ReportAsync(fault, cancel).ConfigureAwait(false);
            if (++unpaced == PaceStep)
            {
                await pace.WaitAsync(unpaced, cancel).ConfigureAwait(false);
                unpaced = 0;
            }
        }

        if (fold is not null)
            yield return fold.End();
        await pace.WaitAsync(unpaced, cancel).ConfigureAwait(false);
    }

    private static NpgsqlParameter<string> Text(string value) =>
        new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Varchar };

    private static NpgsqlParameter<string[]> Texts(IReadOnlyList<string> values) => new()
    {
        TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Varchar,
    };

    /// <summary>The fold of one stream as its events come.</summary>
    private sealed class StreamFold(string streamId, bool withPast)
    {
        private readonly List<PastOperationRow> _past = [];
        private OperationState _state = OperationState.Initial;
        private DateTimeOffset _lastEventAt = DateTimeOffset.MinValue;
        private long _events;

        public string StreamId => streamId;

        /// <summary>Folds the event of a row; says what is wrong with it, if anything.</summary>
        public EventFault? Add(NpgsqlDataReader row)
        {
            var (version, type) = (row.GetInt64(1), row.GetString(2));
            var headers = row.IsDBNull(5) ? null : row.GetString(5);
            var @event = EventUpcasters.Declared.TryRead(type, row.GetFieldValue<byte[]>(3), headers);
            var time = row.GetFieldValue<DateTimeOffset>(4);
            if (withPast && time > _lastEventAt && _state.Document is { } document)
                _past.Add(PastOperationRow.Of(streamId, _state, document, _lastEventAt, time));
            _lastEventAt = time > _lastEventAt ? time : _lastEventAt;
            _events++;
            var before = _state with { Version = version - 1 };
            try
            {
                _state = OperationProjection.Apply(before, @event);
            }
            catch (Exception fault) when (fault is not OutOfMemoryException)
            {
                _state = OperationProjection.Apply(before, null);
                return Fault($"the fold failed ({fault.GetType().Name})");
            }

            return @event is null && EventUpcasters.Declared.IsKnown(type)
                ? Fault("its data are not those of such an event")
                : null;

            EventFault Fault(string reason) => new(streamId, version, 0, type, reason);
        }

        public FoldedStream End() => new(
            streamId, _state.Version, _events,
            OperationRow.Of(streamId, _state, OperationView.Of(_state), _lastEventAt), _past);
    }
}
