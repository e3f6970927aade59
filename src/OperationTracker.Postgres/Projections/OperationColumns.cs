using System.Text.Json;
using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// One column of a table that a rebuild makes: how a row's value is written, and compared with a stored one.
/// </summary>
internal abstract record Column<TRow>(string Name)
{
    public abstract void Copy(CopyBuffer buffer, TRow row);

    /// <summary>
    /// Whether the value in the column at <paramref name="ordinal"/> of <paramref name="stored"/> is the row's.
    /// </summary>
    public abstract bool IsSame(TRow row, NpgsqlDataReader stored, int ordinal);

    public abstract void WriteJson(Utf8JsonWriter json, TRow row);
}

/// <inheritdoc cref="Column{TRow}"/>
internal sealed record Column<TRow, T>(
    string Name, Func<TRow, T> Value, Action<CopyBuffer, T> Encode, Action<Utf8JsonWriter, T> Json,
    IEqualityComparer<T> Equality) : Column<TRow>(Name)
{
    public override void Copy(CopyBuffer buffer, TRow row) => Encode(buffer, Value(row));

    public override bool IsSame(TRow row, NpgsqlDataReader stored, int ordinal) =>
        !stored.IsDBNull(ordinal) && Equality.Equals(Value(row), stored.GetFieldValue<T>(ordinal));

    public override void WriteJson(Utf8JsonWriter json, TRow row)
    {
        json.WritePropertyName(Name);
        Json(json, Value(row));
    }
}

/// <summary>
/// The columns of the projection's tables: the one place, beside the append's statement, that spells them.
/// </summary>
internal static class OperationColumns
{
    /// <summary>The columns of <c>operations</c>.</summary>
    public static readonly IReadOnlyList<Column<OperationRow>> Views =
    [
        Text<OperationRow>("operation_id", row => row.OperationId),
        Number<OperationRow>("stream_version", row => row.StreamVersion),
        Number<OperationRow>("document_version", row => row.DocumentVersion),
        Time<OperationRow>("last_event_at", row => row.LastEventAt),
        Text<OperationRow>("occurred_time", row => row.OccurredTime),
        Text<OperationRow>("last_update_time", row => row.LastUpdateTime),
        Text<OperationRow>("status", row => row.Status),
        Text<OperationRow>("request_method", row => row.RequestMethod),
        Text<OperationRow>("request_uri", row => row.RequestUri),
        Texts<OperationRow>("cluster_ids", row => row.ClusterIds),
        Text<OperationRow>("content_hash", row => row.ContentHash),
        Text<OperationRow>("refusals", row => row.Refusals),
        Text<OperationRow>("redactions", row => row.Redactions),
        new Column<OperationRow, byte[]>(
            Document, row => row.Document, (buffer, bytes) => buffer.Write(bytes.AsSpan()),
            (json, bytes) => json.WriteStringValue(bytes), Bytes.Same),
    ];

    /// <summary>The columns of <c>past_operations</c>.</summary>
    public static readonly IReadOnlyList<Column<PastOperationRow>> PastViews =
    [
        Text<PastOperationRow>("operation_id", row => row.OperationId),
        Number<PastOperationRow>("stream_version", row => row.StreamVersion),
        Time<PastOperationRow>("valid_from", row => row.ValidFrom),
        Time<PastOperationRow>("valid_to", row => row.ValidTo),
        Text<PastOperationRow>("occurred_time", row => row.OccurredTime),
        Text<PastOperationRow>("last_update_time", row => row.LastUpdateTime),
        Text<PastOperationRow>("status", row => row.Status),
        Text<PastOperationRow>("request_method", row => row.RequestMethod),
        Text<PastOperationRow>("request_uri", row => row.RequestUri),
        Texts<PastOperationRow>("cluster_ids", row => row.ClusterIds),
    ];

    /// <summary>The column whose difference is told member by member.</summary>
    public const string Document = "document";

    /// <summary>The names of columns, as they stand in a statement.</summary>
    public static string NamesOf<TRow>(IReadOnlyList<Column<TRow>> columns) =>
        string.Join(", ", columns.Select(column => column.Name));

    private static Column<TRow, string> Text<TRow>(string name, Func<TRow, string> value) =>
        new(name, value, (buffer, text) => buffer.Write(text), (json, text) => json.WriteStringValue(text),
            StringComparer.Ordinal);

    private static Column<TRow, long> Number<TRow>(string name, Func<TRow, long> value) =>
        new(name, value, (buffer, number) => buffer.Write(number), (json, number) => json.WriteNumberValue(number),
            EqualityComparer<long>.Default);

    private static Column<TRow, DateTime> Time<TRow>(string name, Func<TRow, DateTime> value) =>
        new(name, value, (buffer, time) => buffer.Write(time), (json, time) => json.WriteStringValue(time),
            EqualityComparer<DateTime>.Default);

    private static Column<TRow, string[]> Texts<TRow>(string name, Func<TRow, string[]> value) => new(
        name, value, (buffer, texts) => buffer.Write(texts),
        (json, texts) =>
        {
            json.WriteStartArray();
            foreach (var text in texts)
                json.WriteStringValue(text);
            json.WriteEndArray();
        },
        EqualityComparer<string[]>.Create((left, right) => left.AsSpan().SequenceEqual(right), texts => texts.Length));

    private static class Bytes
    {
        public static readonly IEqualityComparer<byte[]> Same = EqualityComparer<byte[]>.Create(
            (left, right) => left.AsSpan().SequenceEqual(right), bytes => bytes.Length);
    }
}
