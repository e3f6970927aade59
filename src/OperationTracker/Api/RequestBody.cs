using System.Buffers;
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
            var result = await reader.ReadAsync(cancel);
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
}
