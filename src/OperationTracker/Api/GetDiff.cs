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
        using (var writer = new Utf8JsonWriter(context.Response.BodyWriter, JsonValueText.WriterOptions))
            DocumentDiff.Write(writer, DocumentDiff.Between(before.View.Document, after.View.Document));
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
}
