using System.Buffers;
using System.Text.Json;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>One line of the contract's table of errors.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">Six digits.</param>
/// <param name="Message">The table's text for the code.</param>
/// <param name="DataConsistency">What became of the data.</param>
internal sealed record ApiError(int Status, string Code, string Message, string DataConsistency = "rolled back");

/// <summary>Turns outcomes into the contract's error answers; the only file that knows their codes.</summary>
internal static class ApiErrors
{
    /// <summary>
    /// Seconds after which a client may ask again: what is short of something now has it back soon, or not at all.
    /// </summary>
    public const string RetryAfterSeconds = "1";

    public static readonly ApiError Format = new(400, "010001", "Parameter format error.");
    public static readonly ApiError Value = new(400, "010002", "Parameter value error.");
    public static readonly ApiError Range = new(400, "010003", "Parameter value out of range.");
    public static readonly ApiError TooLarge = Range with { Status = 413 };
    public static readonly ApiError NotFound = new(404, "030001", "Target resource not found.");
    public static readonly ApiError Exists = new(412, "030002", "Target resource already exist.");
    public static readonly ApiError VersionConflict = new(412, "020003", "Exclusive control error.");
    public static readonly ApiError Transition = new(409, "030007", "Transition status error.");
    public static readonly ApiError MediaType = Format with { Status = 415 };
    public static readonly ApiError NotAcceptable = Format with { Status = 406 };
    public static readonly ApiError Unavailable = new(503, "000001", "System status error.");
    public static readonly ApiError Undefined = new(500, "990001", "Undefined error.", "unknown");

    private static readonly ApiError Unreachable = new(503, "020001", "Database connection error.");
    private static readonly ApiError Refused = new(503, "020002", "Database operation error.");
    private static readonly ApiError Failed = Refused with { Status = 500 };
    private static readonly ApiError Unknown = new(503, "020004", "Database transaction error.", "unknown");

    /// <summary>The error of a store that could not answer.</summary>
    public static ApiError Of(StoreFailure failure) => failure switch
    {
        StoreFailure.Unreachable => Unreachable,
        StoreFailure.RefusedForNow => Refused,
        StoreFailure.OutcomeUnknown => Unknown,
        StoreFailure.Overloaded => Unavailable,
        _ => Failed,
    };

    /// <summary>The error of an answer that the web server or the routing gave without a body.</summary>
    public static ApiError OfStatus(int status) => status switch
    {
        404 => NotFound,
        413 => TooLarge,
        503 => Unavailable,
        401 or 403 or 429 => Unavailable with { Status = status },
        >= 500 => Undefined with { Status = status },
        _ => Format with { Status = status },
    };

    /// <summary>
    /// The error of a document with these faults: that of the weightiest class, with all of them as details.
    /// </summary>
    public static ApiError Of(IReadOnlyList<DocumentFault> faults) => faults.Min(fault => fault.Kind) switch
    {
        FaultKind.Format => Format,
        FaultKind.Value => Value,
        _ => Range,
    };

    public static Task WriteAsync(HttpContext context, IReadOnlyList<DocumentFault> faults) =>
        WriteAsync(context, Of(faults), faults);

    /// <summary>Writes an error about the request as a whole: a header, a parameter, the id in the path.</summary>
    public static Task WriteAsync(HttpContext context, ApiError error, string reason) =>
        WriteAsync(context, error, [new DocumentFault(FaultKind.Format, "", reason)]);

    public static async Task WriteAsync(
        HttpContext context, ApiError error, IReadOnlyList<DocumentFault>? details = null)
    {
        var body = Body(error, details ?? []);
        var response = context.Response;
        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        if (error.Status == StatusCodes.Status503ServiceUnavailable)
            response.Headers.RetryAfter = RetryAfterSeconds;
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Body.WriteAsync(body, CancellationToken.None);
    }

    private static ReadOnlyMemory<byte> Body(ApiError error, IReadOnlyList<DocumentFault> details)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, JsonValueText.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("error_code", error.Code);
        writer.WriteString("error_message", error.Message);
        writer.WriteString("data_consistency", error.DataConsistency);
        writer.WriteStartArray("details");
        foreach (var detail in details)
        {
            writer.WriteStartObject();
            writer.WriteString("path", detail.Path);
            writer.WriteString("reason", detail.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }
}
