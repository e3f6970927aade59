using System.Runtime.InteropServices;
using System.Text;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>The statement that appends a flight, with its arrays: one element a unit, then one an event.</summary>
internal static class FlightCommand
{
    /// <summary>
    /// Units of UTF-16 in the indexed copies of texts: as many as our own longest text has (256 characters, of two units
    /// at most). Another application may have registered a document with longer ones, and an index entry over 2.7 kB
    /// fails the whole flight; these take 1.6 kB at most.
    /// </summary>
    private const int IndexedTextLength = 2 * OperationLimits.ClusterIdLength;

    public static NpgsqlCommand Create(TrackerDatabase database, NpgsqlConnection connection, FlightPlan plan)
    {
        var command = database.Command(connection, "append_flight");
        AddUnits(command.Parameters, plan.Units);
        AddEvents(command.Parameters, plan.Units);
        return command;
    }

    private static void AddUnits(NpgsqlParameterCollection parameters, IReadOnlyList<StreamUnit> units)
    {
        var documents = units.Select(unit => unit.State.Document).ToArray();
        Add(parameters, NpgsqlDbType.Text, units, unit => unit.StreamId);
        Add(parameters, NpgsqlDbType.Bigint, units, unit => unit.Before.State.Version);
        Add(parameters, NpgsqlDbType.Bigint, units, unit => unit.State.Version);
        Add(parameters, NpgsqlDbType.TimestampTz, units, unit => unit.Before.LastEventAt.UtcDateTime);
        Add(parameters, NpgsqlDbType.Bytea, units, unit => unit.Before.LastLink);
        Add(parameters, NpgsqlDbType.Bigint, units, unit => unit.State.DocumentVersion);
        Add(parameters, NpgsqlDbType.Text, documents, document => Indexed(document?.OccurredTime));
        Add(parameters, NpgsqlDbType.Text, documents, document => Indexed(document?.LastUpdateTime));
        Add(parameters, NpgsqlDbType.Text, documents, document => document?.Status.ToText());
        Add(parameters, NpgsqlDbType.Text, documents, document => document?.Request.Method.ToText());
        Add(parameters, NpgsqlDbType.Text, documents, document => document?.Request.Uri);
        Add(parameters, NpgsqlDbType.Text, documents, document => document is null ? null : ArrayLiteral(document));
        Add(parameters, NpgsqlDbType.Text, units, unit => unit.View?.ContentHash);
        Add(parameters, NpgsqlDbType.Text, units, unit => string.Join(' ', unit.State.Refusals));
        Add(parameters, NpgsqlDbType.Text, units, unit => Redactions.Write(unit.State.Redactions));
        Add(parameters, NpgsqlDbType.Text, units, unit => unit.View is { } view ? BytesOf(view) : null);
    }

    private static void AddEvents(NpgsqlParameterCollection parameters, IReadOnlyList<StreamUnit> units)
    {
        var events = SealedEvent.Of(units);
        Add(parameters, NpgsqlDbType.Integer, events, row => row.Unit);
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
    }

    private static void Add<TRow, TValue>(
        NpgsqlParameterCollection parameters, NpgsqlDbType type, IReadOnlyList<TRow> rows, Func<TRow, TValue> value)
    {
        var values = new TValue[rows.Count];
        for (var i = 0; i < values.Length; i++)
            values[i] = value(rows[i]);
        parameters.Add(new NpgsqlParameter<TValue[]> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    /// <summary>The document's bytes, not copied where they fill their array, as nearly always.</summary>
    private static byte[] BytesOf(OperationView view) =>
        MemoryMarshal.TryGetArray(view.Document, out var segment) && segment.Array!.Length == segment.Count
            ? segment.Array
            : view.Document.ToArray();

    private static string? Indexed(string? text)
    {
        if (text is null || text.Length <= IndexedTextLength)
            return text;
        return text[..(char.IsHighSurrogate(text[IndexedTextLength - 1]) ? IndexedTextLength - 1 : IndexedTextLength)];
    }

    /// <summary>The clusters as PostgreSQL writes an array in text, for an array of arrays would have to be rectangular.</summary>
    private static string ArrayLiteral(OperationDocument document)
    {
        var literal = new StringBuilder("{");
        foreach (var id in ClusterIds.Of(document))
        {
            if (literal.Length > 1)
                literal.Append(',');
            literal.Append('"').Append(Indexed(id)!.Replace("\\", "\\\\").Replace("\"", "\\\"")).Append('"');
        }

        return literal.Append('}').ToString();
    }
}
