using System.Text.Json;

namespace OperationTracker.Core.EventStore;

/// <summary>The versions of one change's events.</summary>
/// <param name="First">The version of the first.</param>
/// <param name="Last">The version of the last.</param>
public sealed record ChangeRange(long First, long Last);

/// <summary>
/// What an event's headers say. Other applications write headers of their own, or none: what cannot be read is taken as
/// not said, and an event that names no change is a change of its own.
/// </summary>
/// <param name="Address">The sender's network address.</param>
/// <param name="UserAgent">The sender's program, in its own words.</param>
/// <param name="Change">The change that the event belongs to.</param>
/// <param name="Schema">The version of the event's form; null where another application wrote it.</param>
public sealed record EventOrigin(string? Address, string? UserAgent, ChangeRange Change, int? Schema)
{
    /// <summary>
    /// Whether a tracker wrote it: other applications' events name no change, or no version of their form.
    /// </summary>
    public bool IsOurs => Schema is not null;

    /// <summary>Reads the headers of an event.</summary>
    public static EventOrigin Of(StoredEvent @event)
    {
        var alone = new EventOrigin(null, null, new ChangeRange(@event.Version, @event.Version), null);
        if (@event.Headers is null)
            return alone;
        try
        {
            using var headers = JsonDocument.Parse(@event.Headers);
            if (headers.RootElement.ValueKind != JsonValueKind.Object)
                return alone;
            var change = ReadChange(headers.RootElement, @event.Version);
            return new EventOrigin(
                Text(headers.RootElement, "address"), Text(headers.RootElement, "user_agent"), change ?? alone.Change,
                change is not null && headers.RootElement.TryGetProperty("schema", out var schema)
                    && schema.ValueKind == JsonValueKind.Number && schema.TryGetInt32(out var version)
                    ? version
                    : null);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // The second is for text with half of a surrogate pair, which jsonb refuses and other stores may not.
            return alone;
        }
    }

    private static string? Text(JsonElement headers, string name) =>
        headers.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? ChangeHeaders.Printable(value.GetString()!)
            : null;

    private static ChangeRange? ReadChange(JsonElement headers, long version) =>
        headers.TryGetProperty("change", out var change)
        && change.ValueKind == JsonValueKind.Array && change.GetArrayLength() == 2
        && change[0].ValueKind == JsonValueKind.Number && change[0].TryGetInt64(out var first)
        && change[1].ValueKind == JsonValueKind.Number && change[1].TryGetInt64(out var last)
        && first >= 1 && first <= version && version <= last
            ? new ChangeRange(first, last)
            : null;
}
