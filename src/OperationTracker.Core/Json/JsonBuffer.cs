using System.Buffers;
using System.Text.Json;

namespace OperationTracker.Core.Json;

/// <summary>
/// Writes JSON into a buffer that each thread keeps for its next text, so that only the finished bytes are allocated:
/// texts above 85 kB would otherwise leave their half-grown buffers on the large object heap.
/// </summary>
public static class JsonBuffer
{
    /// <summary>
    /// Bytes above which a thread lets go of its buffer: rare large documents must not stay in memory.
    /// </summary>
    private const int KeptBytes = 512 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>The bytes that <paramref name="write"/> writes of <paramref name="value"/>.</summary>
    public static byte[] ToBytes<T>(T value, Action<Utf8JsonWriter, T> write)
    {
        // Taken off the thread while in use: a writer within a writer gets a buffer of its own.
        var (buffer, writer) = (_buffer, _writer);
        (_buffer, _writer) = (null, null);
        buffer ??= new ArrayBufferWriter<byte>(4096);
        writer ??= new Utf8JsonWriter(buffer, JsonValueText.WriterOptions);
        buffer.ResetWrittenCount();
        writer.Reset(buffer);
        write(writer, value);
        writer.Flush();
        var bytes = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity <= KeptBytes)
            (_buffer, _writer) = (buffer, writer);
        return bytes;
    }
}
