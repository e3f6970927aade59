using System.Text.Json;
using OperationTracker.Core.Json;

namespace OperationTracker.Api;

/// <summary>
/// Pages by a number that only grows, the version or the position: a reader goes on after <c>next_after</c> until
/// <c>at_end</c>, and later from there again. A page may hold fewer than its limit, or nothing, before the end.
/// </summary>
/// <param name="After">The version or position after which to begin; 0 for the beginning.</param>
/// <param name="Limit">Most entries.</param>
internal sealed record EventPage(long After, int Limit)
{
    private const int MaxLimit = 1000;
    private const int DefaultLimit = 100;

    public static EventPage Read(QueryReader reader) => new(
        reader.Number("after", 0, long.MaxValue) ?? 0, (int?)reader.Number("limit", 1, MaxLimit) ?? DefaultLimit);

    /// <summary>Writes a page; <paramref name="writeEntries"/> writes the elements of its list.</summary>
    public static async Task WriteAsync(
        HttpContext context, long nextAfter, bool atEnd, string name, Action<Utf8JsonWriter> writeEntries)
    {
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-cache";
        using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, JsonValueText.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteStartArray(name);
            writeEntries(writer);
            writer.WriteEndArray();
            writer.WriteNumber("next_after", nextAfter);
            writer.WriteBoolean("at_end", atEnd);
            writer.WriteEndObject();
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
