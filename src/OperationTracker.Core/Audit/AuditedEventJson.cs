using System.Globalization;
using System.Text;
using System.Text.Json;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Audit;

/// <summary>
/// An event with its seal as one JSON object, for proofs and bundles: hashes in lower-case hexadecimal, times in RFC
/// 3339 with microseconds. <c>data</c> and <c>headers</c> are JSON; where the database sealed the event they are
/// <c>data_text</c> and <c>headers_text</c> instead, strings, because then their very text is what was hashed.
/// </summary>
public static class AuditedEventJson
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    /// <summary>Writes the object.</summary>
    public static void Write(Utf8JsonWriter writer, AuditedEvent @event)
    {
        var seal = @event.Seal ?? throw new ArgumentException("An event without a seal has no proof.", nameof(@event));
        writer.WriteStartObject();
        writer.WriteString("stream_id", @event.StreamId);
        writer.WriteNumber("version", @event.Version);
        writer.WriteNumber("position", seal.Position);
        writer.WriteNumber("seq_id", @event.SequenceNumber);
        writer.WriteString("id", @event.Id);
        writer.WriteString("type", @event.Type);
        writer.WriteString(
            "timestamp", @event.Timestamp.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        WriteJson(writer, "data", @event.Data, seal);
        WriteJson(writer, "headers", @event.Headers, seal);
        writer.WriteString("causation_id", @event.CausationId);
        writer.WriteString("correlation_id", @event.CorrelationId);
        writer.WriteString("user_name", @event.UserName);
        writer.WriteString("dotnet_type", @event.DotNetType);
        writer.WriteNumber("form", seal.Form);
        WriteHex(writer, "secret", seal.Secret);
        WriteHex(writer, "openings", seal.Openings);
        WriteHex(writer, "link", seal.Link);
        writer.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">The object is no such event; the message names the member.</exception>
    public static AuditedEvent Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw new FormatException("An event must be a JSON object.");
        return new AuditedEvent(
            Text(json, "stream_id") ?? throw Bad("stream_id"), Number(json, "version"), Number(json, "seq_id"),
            Guid.TryParseExact(Text(json, "id"), "D", out var id) ? id : throw Bad("id"),
            Text(json, "type") ?? throw Bad("type"), Text(json, "dotnet_type"),
            Json(json, "data") ?? throw Bad("data"), Json(json, "headers"),
            DateTimeOffset.TryParseExact(
                Text(json, "timestamp"), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
                out var timestamp) ? timestamp : throw Bad("timestamp"),
            Text(json, "causation_id"), Text(json, "correlation_id"), Text(json, "user_name"),
            new StoredSeal(
                Number(json, "position"), (int)Number(json, "form"), Hex(json, "secret"), Hex(json, "openings"),
                Hex(json, "link") ?? throw Bad("link")));
    }

    private static void WriteJson(Utf8JsonWriter writer, string name, byte[]? json, StoredSeal seal)
    {
        if (seal.Form == StoredSeal.ByDatabase)
        {
            writer.WriteString(name + "_text", json is null ? null : Encoding.UTF8.GetString(json));
            return;
        }

        writer.WritePropertyName(name);
        if (json is null)
            writer.WriteNullValue();
        else
            writer.WriteRawValue(CanonicalJson.OfJsonb(json), skipInputValidation: true);
    }

    private static void WriteHex(Utf8JsonWriter writer, string name, byte[]? bytes)
    {
        if (bytes is null)
            writer.WriteNull(name);
        else
            writer.WriteString(name, Convert.ToHexStringLower(bytes));
    }

    private static byte[]? Json(JsonElement json, string name)
    {
        if (Text(json, name + "_text") is { } text)
            return Encoding.UTF8.GetBytes(text);
        return json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? Encoding.UTF8.GetBytes(value.GetRawText())
            : null;
    }

    private static string? Text(JsonElement json, string name)
    {
        if (!json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Bad(name);
    }

    private static long Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            && value.TryGetInt64(out var number) ? number : throw Bad(name);

    private static byte[]? Hex(JsonElement json, string name)
    {
        try
        {
            return Text(json, name) is { } text ? Convert.FromHexString(text) : null;
        }
        catch (FormatException)
        {
            throw Bad(name);
        }
    }

    private static FormatException Bad(string name) =>
        new($"The member {name} of an event is missing or not of its kind.");
}
