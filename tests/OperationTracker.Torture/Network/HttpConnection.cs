using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OperationTracker.Torture.Network;

/// <summary>An answer of the tracker.</summary>
internal sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? ETag => Headers.GetValueOrDefault("ETag");
}

/// <summary>
/// One connection of a client that sends each request once: the base library's client repeats some by itself, and then its
/// user cannot say what was sent how often.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    private HttpConnection()
    {
    }

    public bool Closed { get; private set; }

    public static async Task<HttpConnection> OpenAsync(int port, CancellationToken cancel)
    {
        var connection = new HttpConnection();
        try
        {
            await connection._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <exception cref="IOException">The connection ended before the answer did.</exception>
    public async Task<HttpAnswer> SendAsync(
        string method, string target, string headers, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        var head = string.Create(CultureInfo.InvariantCulture,
            $"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {body.Length}\r\n{headers}\r\n");
        byte[] request = [.. Encoding.ASCII.GetBytes(head), .. body.Span];
        for (var sent = 0; sent < request.Length;)
            sent += await _socket.SendAsync(request.AsMemory(sent), cancel);

        var status = int.Parse((await ReadLineAsync(cancel)).Split(' ')[1], CultureInfo.InvariantCulture);
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await ReadLineAsync(cancel) is { Length: > 0 } line)
            fields[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        Closed |= fields.GetValueOrDefault("Connection") == "close";
        return new HttpAnswer(status, fields, await ReadBodyAsync(fields, cancel));
    }

    /// <summary>Hangs up with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        Dispose();
    }

    public void Dispose()
    {
        Closed = true;
        _socket.Dispose();
    }

    private async Task<byte[]> ReadBodyAsync(Dictionary<string, string> fields, CancellationToken cancel)
    {
        if (fields.TryGetValue("Content-Length", out var length))
            return await ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture), cancel);
        if (!fields.ContainsKey("Transfer-Encoding")) return [];
        using var body = new MemoryStream();
        while (int.Parse(await ReadLineAsync(cancel), NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
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

    private async Task<string> ReadLineAsync(CancellationToken cancel)
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
        _end = await _socket.ReceiveAsync(_buffer, cancel);
        if (_end > 0) return;
        Closed = true;
        throw new EndOfStreamException("The connection ended before the answer did.");
    }
}
