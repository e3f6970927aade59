using System.Buffers.Text;
using System.Text;

namespace OperationTracker.Benchmarks.Load;

/// <summary>
/// Finds the end of one HTTP/1.1 answer and its status, and looks at nothing else. Answers must tell their length, as
/// the tracker's to PUT and GET do.
/// </summary>
internal sealed class ResponseReader
{
    private readonly byte[] _buffer = new byte[32 * 1024];
    private int _filled;
    private long _bodyLeft = -1;

    public int Status { get; private set; }

    /// <summary>Where the next bytes go. A body's bytes go nowhere.</summary>
    public Span<byte> Free => _buffer.AsSpan(_bodyLeft >= 0 ? 0 : _filled);

    /// <summary>Takes bytes that were written to <see cref="Free"/>; true when the answer is complete.</summary>
    /// <exception cref="InvalidDataException">It is no answer that this reader understands.</exception>
    public bool Advance(int count)
    {
        if (_bodyLeft >= 0)
            _bodyLeft -= count;
        else
            ReadHead(count);
        if (_bodyLeft < 0)
            return _filled == _buffer.Length ? throw new InvalidDataException("The head is too long.") : false;
        if (_bodyLeft > 0)
            return false;
        _filled = 0;
        _bodyLeft = -1;
        return true;
    }

    private void ReadHead(int count)
    {
        _filled += count;
        var received = _buffer.AsSpan(0, _filled);
        var end = received.IndexOf("\r\n\r\n"u8);
        if (end < 0)
            return;
        var head = received[..(end + 2)];
        Status = Utf8Parser.TryParse(head[9..], out int status, out _) ? status : 0;
        var left = BodyLength(head) - (_filled - end - 4);
        // There is no pipelining: what comes beyond the answer is no answer to anything.
        _bodyLeft = left >= 0 ? left : throw new InvalidDataException("The answer is longer than it says.");
    }

    private long BodyLength(ReadOnlySpan<byte> head)
    {
        if (Status is 304 or 204)
            return 0;
        var name = "\r\nContent-Length: "u8;
        var at = head.IndexOf(name);
        return at >= 0 && Utf8Parser.TryParse(head[(at + name.Length)..], out long length, out _)
            ? length
            : throw new InvalidDataException($"No length in: {Encoding.ASCII.GetString(head)}");
    }
}
