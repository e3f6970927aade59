using System.Globalization;
using System.Text;
using System.Text.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Cli;

/// <summary>An event as a tracker tells it.</summary>
/// <param name="Json">The whole, as it came.</param>
internal sealed record ReportedEvent(
    JsonElement Json, string OperationId, long Version, long? Position, string Kind, DateTimeOffset Time,
    (long First, long Last) Change, string Sender, JsonElement Data)
{
    public static ReportedEvent Of(JsonElement json)
    {
        try
        {
            var change = json.GetProperty("change");
            return new ReportedEvent(
                json, json.GetProperty("operation_id").GetString()!, json.GetProperty("version").GetInt64(),
                json.TryGetProperty("position", out var position) ? position.GetInt64() : null,
                json.GetProperty("kind").GetString()!,
                json.GetProperty("received_time").GetDateTimeOffset(),
                (change.GetProperty("first").GetInt64(), change.GetProperty("last").GetInt64()),
                SenderOf(json.GetProperty("sender")), json.GetProperty("data"));
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Unreadable();
        }
    }

    public static ExitException Unreadable() => new(ExitCodes.Failed, "The server's answer is not a page of events.");

    /// <summary>The time as people compare it, in UTC to the millisecond.</summary>
    public string TimeText => Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>
    /// The event that the data hold, in whatever version of its form; null for one of another application.
    /// </summary>
    public OperationEvent? Event => EventUpcasters.Declared.TryRead(
        Kind, Encoding.UTF8.GetBytes(Data.GetRawText()),
        Json.TryGetProperty("schema", out var schema) ? $"{{\"schema\":{schema.GetRawText()}}}" : null);

    /// <summary>The places that it changed, where the tracker tells them.</summary>
    public IEnumerable<string> ChangedPaths =>
        Json.TryGetProperty("changed", out var changed) && changed.ValueKind == JsonValueKind.Array
            ? changed.EnumerateArray().Select(
                place => place.GetProperty("path").GetString() is { Length: > 0 } path ? path : "all")
            : [];

    private static string SenderOf(JsonElement sender)
    {
        string?[] parts = [Text("principal"), Text("address"), Text("user_agent")];
        var known = string.Join(' ', parts.Where(part => !string.IsNullOrEmpty(part)));
        return known.Length > 0 ? known : "somebody";

        string? Text(string name) => sender.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
