using System.Buffers;
using System.Text.Json;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// Writes the operations of one list without their bodies, each page into the same buffer: its bytes are good until the
/// next one. One record never fails the whole list, for its readers take an error for "nothing is running".
/// </summary>
internal sealed partial class ItemWriter(ILogger logger) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _page = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _item = new(4096);
    private readonly Utf8JsonWriter _json = new(Stream.Null, JsonValueText.WriterOptions);

    /// <summary>The operations of a page as JSON objects with commas between.</summary>
    public OperationListPage Summaries(IReadOnlyList<OperationListItem> page)
    {
        _page.ResetWrittenCount();
        foreach (var item in page)
        {
            if (_page.WrittenCount > 0)
                _page.Write(","u8);
            _page.Write(Summary(item));
        }

        return new OperationListPage(page.Count, _page.WrittenMemory, page.Count > 0 ? page[^1].Position : null);
    }

    /// <summary>
    /// Into a buffer of its own first: what fails half way leaves nothing behind. Where the stored document cannot be
    /// read, the members that stand in columns of their own are given.
    /// </summary>
    private ReadOnlySpan<byte> Summary(OperationListItem item)
    {
        _item.ResetWrittenCount();
        try
        {
            DocumentSummary.Write(item.Document.Span, _item);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or ArgumentException)
        {
            LogUnreadable(item.OperationId);
            WriteColumns(item);
        }

        return _item.WrittenSpan;
    }

    public void Dispose() => _json.Dispose();

    private void WriteColumns(OperationListItem item)
    {
        _item.ResetWrittenCount();
        _json.Reset(_item);
        _json.WriteStartObject();
        _json.WriteString("operation_id", item.OperationId);
        _json.WriteString("occurred_time", item.OccurredTime);
        _json.WriteString("last_update_time", item.LastUpdateTime);
        _json.WriteString("status", item.Status);
        _json.WriteEndObject();
        _json.Flush();
    }

    [LoggerMessage(2002, LogLevel.Error, "The stored view of operation {OperationId} cannot be read; rebuild it")]
    private partial void LogUnreadable(string operationId);
}
