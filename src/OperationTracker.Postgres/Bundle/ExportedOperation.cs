using System.Globalization;
using OperationTracker.Core.Audit;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Audit;

namespace OperationTracker.Postgres.Bundle;

/// <summary>An operation on its way into the bundle: the fold of its events so far.</summary>
internal sealed class ExportedOperation(AuditRow first)
{
    private readonly DateTimeOffset _created = first.Event.Timestamp;
    private readonly string? _type = first.StreamType;
    private OperationState _state = OperationState.Initial;
    private DateTimeOffset _last = first.Event.Timestamp;

    public string StreamId { get; } = first.Event.StreamId;

    public void Add(AuditedEvent @event)
    {
        _state = OperationProjection.ApplyAt(_state, @event.Version, @event.Event);
        _last = @event.Timestamp;
    }

    public byte[] ToJson() => JsonBuffer.ToBytes(this, static (writer, operation) =>
    {
        writer.WriteStartObject();
        writer.WriteString("stream_id", operation.StreamId);
        writer.WriteNumber("version", operation._state.Version);
        writer.WriteString("type", operation._type);
        writer.WriteString("created", operation._created.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        writer.WriteString("timestamp", operation._last.UtcDateTime.ToString("O", CultureInfo.InvariantCulture));
        if (OperationView.Of(operation._state) is { } view)
        {
            writer.WriteString("etag", view.ETag);
            writer.WritePropertyName("document");
            writer.WriteRawValue(view.Document.Span, skipInputValidation: true);
        }

        writer.WriteEndObject();
    });
}
