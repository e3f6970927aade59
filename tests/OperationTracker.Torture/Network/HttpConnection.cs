using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace OperationTracker.Torture.Network;

/// <summary>An answer of the tracker.</summary>
internal sealed record HttpAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string? ETag => Headers.GetValueOrDefault("ETag");

    /// <summary>The document version that the ETag begins with; 0 for none.</summary>
    public long Version => ETag is { } tag ? long.Parse(tag.Trim('"').Split('-')[0], CultureInfo.InvariantCulture) : 0;

    /// <summary>Of an error as the contract has it; else null.</summary>
    public string? ErrorCode => Error("error_code");

    /// <summary>What an error says about the data; null when it says nothing.</summary>
    public string? DataConsistency => Error("data_consistency");

    private string? Error(string member)
    {
        try
        {
            using var body = JsonDocument.Parse(Body);
            return body.RootElement.GetProperty(member).GetString();
        }
        catch (Exception fault) when (fault is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>
/// One connection of a client that sends each request once: the base library's client repeats some by itself, and then
/// its user cannot say what was sent how often.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket _socket =
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private HttpAnswerReader _answers = null!;
    private bool _closed;

    private HttpConnection()
    {
    }

    public bool Closed => _closed || _answers.Ended;

    public static async Task<HttpConnection> OpenAsync(int port, CancellationToken cancel)
    {
        var connection = new HttpConnection();
        try
        {
            await connection._socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancel);
            connection._answers = new HttpAnswerReader(new NetworkStream(connection._socket));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>One question on a connection of its own.</summary>
    /// <exception cref="IOException">The connection ended before the answer did.</exception>
    public static async Task<HttpAnswer> AskAsync(int port, string target, CancellationToken cancel)
    {
        using var connection = await OpenAsync(port, cancel);
        return await connection.SendAsync("GET", target, "Connection: close\r\n", default, cancel);
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

        var status = int.Parse((await _answers.ReadLineAsync(cancel)).Split(' ')[1], CultureInfo.InvariantCulture);
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await _answers.ReadLineAsync(cancel) is { Length: > 0 } line)
            fields[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 1)..].Trim();
        _closed |= fields.GetValueOrDefault("Connection") == "close";
        return new HttpAnswer(status, fields, await _answers.ReadBodyAsync(fields, cancel));
    }

    /// <summary>Hangs up with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        Dispose();
    }

    public void Dispose()
    {
        _closed = true;
        _socket.Dispose();
    }
}
