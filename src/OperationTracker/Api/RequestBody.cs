using System.Buffers;
using System.IO.Pipelines;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>Reads a request's body whole, up to the contract's bound and not a byte further.</summary>
internal static class RequestBody
{
    /// <summary>The bytes of a byte order mark, which does not count.</summary>
    private const int MarkBytes = 3;

    public const long MaxBytes = OperationLimits.BodyBytes + MarkBytes;

    /// <summary>The body; null when it is longer than the bound, which is known without reading it where its length is told.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        if (request.ContentLength > MaxBytes)
            return null;
        var reader = request.BodyReader;
        while (true)
        {
            var result = await ReadPieceAsync(reader, cancel);
            if (result.Buffer.Length > MaxBytes)
            {
                reader.AdvanceTo(result.Buffer.End);
                return null;
            }

            if (result.IsCompleted)
            {
                var body = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return body;
            }

            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>
    /// The web server has an exception of its own for most bad bodies, and a plain one for a chunk that is too large.
    /// </summary>
    private static async ValueTask<ReadResult> ReadPieceAsync(PipeReader reader, CancellationToken cancel)
    {
        try
        {
            return await reader.ReadAsync(cancel);
        }
        catch (IOException fault) when (fault is not BadHttpRequestException)
        {
            throw new BadHttpRequestException("The body cannot be read.", StatusCodes.Status400BadRequest, fault);
        }
    }
}
