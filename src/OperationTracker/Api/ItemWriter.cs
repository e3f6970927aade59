using System.Buffers;
using System.Text.Json;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// Writes the summaries of one list, each page into the same buffer: its bytes are good until the next one. One record
/// never fails the whole list, for its readers take an error for "nothing is running".
/// </summary>
internal sealed partial class ItemWriter(ILogger logger) : IDisposable
{
    private readonly ArrayBufferWriter<byte> _page = new(64 * 1024);
    private readonly Utf8JsonWriter _json = new(Stream.Null, JsonValueText.WriterOptions);

    /// <summary>The operations of a page as JSON objects with commas between.</summary>
    public OperationListPage Summaries(IReadOnlyList<OperationListItem> page)
    {
        _page.ResetWrittenCount();
        foreach (var item in page)
        {
            if (_page.WrittenCount > 0)
                _page.Write(","u8);
            if (item.Document.IsEmpty)
                WriteColumns(item);
            else
                _page.Write(item.Document.Span);
        }

        return new OperationListPage(page.Count, _page.WrittenMemory, page.Count > 0 ? page[^1].Position : null);
    }

    public void Dispose() => _json.Dispose();

    /// <summary>Where the document cannot be read, the members that stand in columns of their own.</summary>
    private void WriteColumns(OperationListItem item)
    {
        LogUnreadable(item.OperationId);
        _json.Reset(_page);
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
