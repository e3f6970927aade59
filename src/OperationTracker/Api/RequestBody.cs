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

    /// <summary>
    /// The room that is made on a sender's word about the length: below what goes onto the large object heap.
    /// </summary>
    private const int FirstBytes = 80 * 1024;

    /// <summary>
    /// The body; null when it is longer than the bound, which is known without reading it where its length is told.
    /// Each piece is taken as it comes: where one was only looked at, the web server cannot end a connection that
    /// breaks off there in order.
    /// </summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        if (request.ContentLength > MaxBytes)
            return null;
        var reader = request.BodyReader;
        ArrayBufferWriter<byte>? taken = null;
        while (true)
        {
            var result = await ReadPieceAsync(reader, cancel);
            var piece = result.Buffer;
            if ((taken?.WrittenCount ?? 0) + piece.Length > MaxBytes)
            {
                reader.AdvanceTo(piece.End);
                return null;
            }

            taken ??= new ArrayBufferWriter<byte>(
                (int)Math.Max(Math.Clamp(request.ContentLength ?? 0, 1, FirstBytes), piece.Length));
            foreach (var part in piece)
                taken.Write(part.Span);
            reader.AdvanceTo(piece.End);
            if (result.IsCompleted)
                return taken.WrittenMemory;
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
