using System.Buffers;
using System.Text.Json;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// Writes the operations of one list, each into the same buffer: its bytes are good until the next one. What fails half way
/// leaves nothing behind.
/// </summary>
internal sealed partial class ItemWriter(ILogger logger) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(4096);
    private readonly Utf8JsonWriter _json = new(Stream.Null, JsonValueText.WriterOptions);

    /// <summary>The id as a JSON string.</summary>
    public ReadOnlySpan<byte> Id(OperationListItem item)
    {
        Begin();
        _json.WriteStringValue(item.OperationId);
        return End();
    }

    /// <summary>
    /// The document without its bodies. One record never fails the whole list, for its readers take an error for "nothing
    /// is running": where the stored document cannot be read, the members that stand in columns of their own are given.
    /// </summary>
    public ReadOnlySpan<byte> Summary(OperationListItem item)
    {
        _buffer.ResetWrittenCount();
        try
        {
            DocumentSummary.Write(item.Document.Span, _buffer);
            return _buffer.WrittenSpan;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            LogUnreadable(item.OperationId);
            return FromColumns(item);
        }
    }

    public void Dispose() => _json.Dispose();

    private ReadOnlySpan<byte> FromColumns(OperationListItem item)
    {
        Begin();
        _json.WriteStartObject();
        _json.WriteString("operation_id", item.OperationId);
        _json.WriteString("occurred_time", item.OccurredTime);
        _json.WriteString("last_update_time", item.LastUpdateTime);
        _json.WriteString("status", item.Status);
        _json.WriteEndObject();
        return End();
    }

    private void Begin()
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
    }

    private ReadOnlySpan<byte> End()
    {
        _json.Flush();
        return _buffer.WrittenSpan;
    }

    [LoggerMessage(2002, LogLevel.Error, "The stored view of operation {OperationId} cannot be read; rebuild it")]
    private partial void LogUnreadable(string operationId);
}
