using System.Globalization;
using System.Text;

namespace OperationTracker.Torture.Network;

/// <summary>Reads answers as they came over the wire: line by line, and bodies by their length or in chunks.</summary>
internal sealed class HttpAnswerReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Whether the other side has closed the connection.</summary>
    public bool Ended { get; private set; }

    /// <summary>The body of an answer with these header fields.</summary>
    /// <exception cref="EndOfStreamException">The connection ended before the answer did.</exception>
    public async Task<byte[]> ReadBodyAsync(IReadOnlyDictionary<string, string> fields, CancellationToken cancel)
    {
        if (fields.TryGetValue("Content-Length", out var length))
            return await ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture), cancel);
        if (!fields.ContainsKey("Transfer-Encoding")) return [];
        using var body = new MemoryStream();
        while (int.Parse(await ReadLineAsync(cancel), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0
            and var size)
        {
            body.Write(await ReadExactlyAsync(size, cancel));
            await ReadLineAsync(cancel);
        }

        await ReadLineAsync(cancel);
        return body.ToArray();
    }

    private async Task<byte[]> ReadExactlyAsync(int count, CancellationToken cancel)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;)
        {
            if (_start == _end) await FillAsync(cancel);
            var part = Math.Min(count - read, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(bytes.AsSpan(read));
            read += part;
            _start += part;
        }

        return bytes;
    }

    /// <summary>The next line, without its end.</summary>
    /// <exception cref="EndOfStreamException">The connection ended before the answer did.</exception>
    public async Task<string> ReadLineAsync(CancellationToken cancel)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end) await FillAsync(cancel);
            var next = (char)_buffer[_start++];
            if (next == '\n') return line.ToString().TrimEnd('\r');
            line.Append(next);
        }
    }

    private async Task FillAsync(CancellationToken cancel)
    {
        _start = 0;
        _end = await stream.ReadAsync(_buffer, cancel);
        if (_end > 0) return;
        Ended = true;
        throw new EndOfStreamException("The connection ended before the answer did.");
    }
}
