using System.Globalization;
using System.Text;
using System.Text.Json;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.EventStore;

/// <summary>The headers of a change's events: <c>{address, user_agent, change: [first, last], schema}</c>.</summary>
public static class ChangeHeaders
{
    /// <summary>
    /// Characters kept of a text that a sender chose: enough to know it again, too few to fill a disk.
    /// </summary>
    public const int TextLength = 256;

    /// <summary>
    /// The headers of the events from <paramref name="first"/> to <paramref name="last"/>, in canonical form (RFC
    /// 8785).
    /// </summary>
    public static string Write(ChangeSource source, long first, long last) =>
        Encoding.UTF8.GetString(WriteUtf8(source, first, last));

    /// <inheritdoc cref="Write"/>
    public static byte[] WriteUtf8(ChangeSource source, long first, long last) =>
        JsonBuffer.ToBytes((source, first, last), WriteTo);

    private static void WriteTo(Utf8JsonWriter writer, (ChangeSource Source, long First, long Last) change)
    {
        var (source, first, last) = change;
        writer.WriteStartObject();
        if (source.Address is not null)
            writer.WriteString("address", Printable(source.Address));
        writer.WriteStartArray("change");
        writer.WriteNumberValue(first);
        writer.WriteNumberValue(last);
        writer.WriteEndArray();
        writer.WriteNumber("schema", OperationEventTypes.SchemaVersion);
        if (source.UserAgent is not null)
            writer.WriteString("user_agent", Printable(source.UserAgent));
        writer.WriteEndObject();
    }

    /// <summary>
    /// The version of the events' form that the headers tell; null when they tell none, as those of others.
    /// </summary>
    public static int? SchemaOf(string? headers)
    {
        if (headers is null)
            return null;
        try
        {
            using var json = JsonDocument.Parse(headers);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty("schema", out var schema) && schema.TryGetInt32(out var version)
                    ? version
                    : null;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The text without what does not print, cut to <see cref="TextLength"/> characters.</summary>
    public static string Printable(string text)
    {
        if (text.Length <= TextLength && text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return text;
        var kept = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (kept.Length + rune.Utf16SequenceLength > TextLength)
                break;
            if (rune != Rune.ReplacementChar && IsPrintable(rune))
                kept.Append(rune.ToString());
        }

        return kept.ToString();
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
