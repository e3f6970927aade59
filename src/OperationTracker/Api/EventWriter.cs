using System.Globalization;
using System.Text.Json;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;

namespace OperationTracker.Api;

/// <summary>Writes events as the history and the log give them. The data go as they stand in the store.</summary>
internal static class EventWriter
{
    public static void Write(
        Utf8JsonWriter writer, StoredEvent @event, EventOrigin origin, IReadOnlyList<ChangedPlace>? changed)
    {
        writer.WriteStartObject();
        writer.WriteString("operation_id", @event.StreamId);
        writer.WriteNumber("version", @event.Version);
        // An event of another application has no place in the log until the next sweep, a second or so.
        if (@event.Position > 0)
            writer.WriteNumber("position", @event.Position);
        writer.WriteString("id", @event.Id);
        writer.WriteString("kind", @event.Type);
        writer.WriteString("received_time", Text(@event.Timestamp));
        WriteSender(writer, @event, origin);
        writer.WriteStartObject("change");
        writer.WriteNumber("first", origin.Change.First);
        writer.WriteNumber("last", origin.Change.Last);
        if (@event.CausationId is not null)
            writer.WriteString("id", ChangeHeaders.Printable(@event.CausationId));
        writer.WriteEndObject();
        writer.WriteBoolean("foreign", !origin.IsOurs);
        if (origin.Schema is { } schema)
            writer.WriteNumber("schema", schema);
        if (changed is not null)
            WriteChanged(writer, changed);
        writer.WritePropertyName("data");
        writer.WriteRawValue(@event.Data, skipInputValidation: true);
        writer.WriteEndObject();
    }

    /// <summary>A time of the database, to its microsecond: named as an instant, it is that very one.</summary>
    public static string Text(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public static void WriteSender(Utf8JsonWriter writer, StoredEvent @event, EventOrigin origin)
    {
        writer.WriteStartObject("sender");
        WriteText("address", origin.Address);
        WriteText("user_agent", origin.UserAgent);
        WriteText("principal", @event.UserName);
        WriteText("correlation_id", @event.CorrelationId);
        writer.WriteEndObject();

        void WriteText(string name, string? text)
        {
            if (text is not null)
                writer.WriteString(name, ChangeHeaders.Printable(text));
        }
    }

    public static void WriteChanged(Utf8JsonWriter writer, IReadOnlyList<ChangedPlace> changed)
    {
        writer.WriteStartArray("changed");
        foreach (var (op, path) in changed)
        {
            writer.WriteStartObject();
            writer.WriteString("op", op);
            writer.WriteString("path", path);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
