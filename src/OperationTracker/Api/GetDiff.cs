using System.Buffers;
using System.Text.Json;
using OperationTracker.Core.History;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>
/// <c>GET /v1/operations/{operation_id}/diff</c>: the JSON Patch (RFC 6902) that makes the document of one moment of
/// that of another, later or earlier.
/// </summary>
internal sealed class GetDiff(OperationHistory history, InstantReader instants)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (!Negotiation.AcceptsJsonPatch(context.Request))
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotAcceptable, $"Answers are {Negotiation.JsonPatchType}.");
            return;
        }

        var faults = new List<DocumentFault>();
        var reader = new QueryReader(context.Request.QueryString, faults);
        var (from, to) = (ReadMoment(reader, "from"), ReadMoment(reader, "to"));
        if (from is null || to is null)
        {
            await ApiErrors.WriteAsync(context, faults);
            return;
        }

        var id = OperationId.Parse((string)context.Request.RouteValues["operation_id"]!);
        var cancel = context.RequestAborted;
        if (await from.FindAsync(history, id, cancel) is not { } before
            || await to.FindAsync(history, id, cancel) is not { } after)
        {
            await ApiErrors.WriteAsync(context, ApiErrors.NotFound, Moment.Nothing);
            return;
        }

        context.Response.ContentType = Negotiation.JsonPatchType;
        context.Response.Headers.CacheControl = "no-cache";
        Write(context.Response.BodyWriter, DocumentDiff.Between(before.View.Document, after.View.Document));
        await context.Response.BodyWriter.FlushAsync(cancel);
    }

    /// <summary>Digits alone are a version, all else an instant.</summary>
    private Moment? ReadMoment(QueryReader reader, string name)
    {
        if (!reader.Has(name))
        {
            reader.Fault(name, "is missing: a version or an instant");
            return null;
        }

        if (reader.Text(name) is not { } text)
            return null;
        if (text.All(char.IsAsciiDigit) && text.Length > 0)
            return reader.Number(name, 1, long.MaxValue) is { } version ? new Moment(version, null) : null;
        return reader.Instant(name, instants) is { } at ? new Moment(null, at) : null;
    }

    private static void Write(IBufferWriter<byte> target, IEnumerable<PatchOperation> patch)
    {
        using var writer = new Utf8JsonWriter(target, JsonValueText.WriterOptions);
        writer.WriteStartArray();
        foreach (var operation in patch)
        {
            writer.WriteStartObject();
            writer.WriteString("op", operation.Op);
            writer.WriteString("path", operation.Path);
            if (operation.Json is not null)
            {
                writer.WritePropertyName("value");
                writer.WriteRawValue(operation.Json, skipInputValidation: true);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
