using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.Audit;

namespace OperationTracker.Postgres;

/// <summary>
/// The statement that appends a flight: with arrays, one element a unit, then one an event; a flight of one event has
/// one without, which costs less.
/// </summary>
internal static class FlightCommand
{
    private static readonly byte[] NoLink = EventSeal.NoLink();

    public static NpgsqlCommand Create(TrackerDatabase database, NpgsqlConnection connection, FlightPlan plan)
    {
        if (plan.Units is [{ Events.Count: 1 } unit])
        {
            var one = database.Command(connection, "append_change");
            AddUnit(one.Parameters, unit);
            AddEvent(one.Parameters, unit, SealedEvent.Of(plan.Units)[0]);
            return one;
        }

        var command = database.Command(connection, "append_changes");
        AddParameters(command.Parameters, plan);
        return command;
    }

    /// <summary>Gives positions to what other applications have appended: a flight of nothing does.</summary>
    public static async Task PositionForeignEventsAsync(
        TrackerDatabase database, NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = Create(database, connection, new FlightPlan());
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    public static void AddParameters(NpgsqlParameterCollection parameters, FlightPlan plan)
    {
        AddUnits(parameters, plan.Units);
        AddEvents(parameters, plan.Units);
    }

    private static void AddUnit(NpgsqlParameterCollection parameters, StreamUnit unit)
    {
        var row = RowOf(unit);
        parameters.With(unit.StreamId)
            .With(unit.State.Version)
            .With(unit.Before.LastEventAt.UtcDateTime, NpgsqlDbType.TimestampTz)
            .With(unit.State.DocumentVersion)
            .With(row?.OccurredTime)
            .With(row?.LastUpdateTime)
            .With(row?.Status)
            .With(row?.RequestMethod)
            .With(row?.RequestUri)
            .With(row?.ClusterIdsLiteral())
            .With(row?.ContentHash)
            .With(RefusalsOf(unit))
            .With(Redactions.Write(unit.State.Redactions))
            .With(row?.Document, NpgsqlDbType.Text);
    }

    private static void AddEvent(NpgsqlParameterCollection parameters, StreamUnit unit, SealedEvent row) =>
        parameters.With(row.Content.Id)
            .With(row.Content.Type)
            .With(row.Content.DotNetType)
            .With(row.Data, NpgsqlDbType.Jsonb)
            .With(row.Content.CausationId)
            .With(row.Content.CorrelationId)
            .With(row.Content.UserName)
            .With(row.Headers, NpgsqlDbType.Jsonb)
            .With(row.Secret)
            .With(row.Hash)
            .With(LinkBefore(unit, row.Content.Version));

    private static void AddUnits(NpgsqlParameterCollection parameters, IReadOnlyList<StreamUnit> units)
    {
        OperationRow?[] rows = [.. units.Select(RowOf)];
        Add(parameters, NpgsqlDbType.Text, units, unit => unit.StreamId);
        Add(parameters, NpgsqlDbType.Bigint, units, unit => unit.Before.State.Version);
        Add(parameters, NpgsqlDbType.Bigint, units, unit => unit.State.Version);
        Add(parameters, NpgsqlDbType.TimestampTz, units, unit => unit.Before.LastEventAt.UtcDateTime);
        Add(parameters, NpgsqlDbType.Bigint, units, unit => unit.State.DocumentVersion);
        Add(parameters, NpgsqlDbType.Text, rows, row => row?.OccurredTime);
        Add(parameters, NpgsqlDbType.Text, rows, row => row?.LastUpdateTime);
        Add(parameters, NpgsqlDbType.Text, rows, row => row?.Status);
        Add(parameters, NpgsqlDbType.Text, rows, row => row?.RequestMethod);
        Add(parameters, NpgsqlDbType.Text, rows, row => row?.RequestUri);
        Add(parameters, NpgsqlDbType.Text, rows, row => row?.ClusterIdsLiteral());
        Add(parameters, NpgsqlDbType.Text, rows, row => row?.ContentHash);
        Add(parameters, NpgsqlDbType.Text, units, RefusalsOf);
        Add(parameters, NpgsqlDbType.Text, units, unit => Redactions.Write(unit.State.Redactions));
        Add(parameters, NpgsqlDbType.Text, rows, row => row?.Document);
        var events = 0;
        Add<StreamUnit, int?>(
            parameters, NpgsqlDbType.Integer, units,
            unit => unit.Events.Count == 0 ? null : events += unit.Events.Count);
    }

    private static void AddEvents(NpgsqlParameterCollection parameters, IReadOnlyList<StreamUnit> units)
    {
        var events = SealedEvent.Of(units);
        Add(parameters, NpgsqlDbType.Integer, events, row => row.Unit);
        Add(parameters, NpgsqlDbType.Text, events, row => row.Content.StreamId);
        Add(parameters, NpgsqlDbType.Bigint, events, row => row.Content.Version);
        Add(parameters, NpgsqlDbType.Uuid, events, row => row.Content.Id);
        Add(parameters, NpgsqlDbType.Text, events, row => row.Content.Type);
        Add(parameters, NpgsqlDbType.Text, events, row => row.Content.DotNetType);
        Add(parameters, NpgsqlDbType.Jsonb, events, row => row.Data);
        Add(parameters, NpgsqlDbType.Text, events, row => row.Content.CausationId);
        Add(parameters, NpgsqlDbType.Text, events, row => row.Content.CorrelationId);
        Add(parameters, NpgsqlDbType.Text, events, row => row.Content.UserName);
        Add(parameters, NpgsqlDbType.Jsonb, events, row => row.Headers);
        Add(parameters, NpgsqlDbType.Bytea, events, row => row.Secret);
        Add(parameters, NpgsqlDbType.Bytea, events, row => row.Hash);
        Add(parameters, NpgsqlDbType.Bytea, events, row => LinkBefore(units[row.Unit - 1], row.Content.Version));
    }

    private static OperationRow? RowOf(StreamUnit unit) =>
        OperationRow.Of(unit.StreamId, unit.State, unit.View, unit.Before.LastEventAt);

    private static string RefusalsOf(StreamUnit unit) => string.Join(' ', unit.State.Refusals);

    /// <summary>
    /// The link that a unit's first event follows, empty where it is to be looked up; null for the events after it.
    /// </summary>
    private static byte[]? LinkBefore(StreamUnit unit, long version)
    {
        if (version > unit.Before.State.Version + 1)
            return null;
        return version == 1 ? NoLink : unit.Before.LastLink ?? [];
    }

    private static void Add<TRow, TValue>(
        NpgsqlParameterCollection parameters, NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        parameters.With(values, NpgsqlDbType.Array | type);
    }
}
