using System.Globalization;
using System.Net.Sockets;
using System.Text;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// A connection on which requests go out byte by byte as the test wrote them: clients of HTTP clean paths and headers
/// before they send them.
/// </summary>
internal sealed class RawHttp : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    private readonly TcpClient _socket = new() { NoDelay = true };
    private NetworkStream _stream = null!;
    private HttpAnswerReader _answers = null!;
    private bool _closed;

    private RawHttp()
    {
    }

    /// <summary>Whether the server has said that it closes the connection, or has closed it.</summary>
    public bool Closed => _closed || _answers.Ended;

    public static async Task<RawHttp> ConnectAsync(Uri url)
    {
        var connection = new RawHttp();
        await connection._socket.ConnectAsync(url.Host, url.Port);
        connection._stream = connection._socket.GetStream();
        connection._answers = new HttpAnswerReader(connection._stream);
        return connection;
    }

    /// <summary>One request on a connection of its own, with nothing added but the version and the host.</summary>
    public static async Task<Answer> SendAsync(
        Uri url, string method, string target, string headers = "", string body = "")
    {
        using var connection = await ConnectAsync(url);
        await connection.WriteAsync($"{method} {target} HTTP/1.1\r\nHost: {url.Authority}\r\n{headers}\r\n{body}");
        return await connection.ReadAsync(method, target);
    }

    /// <summary>Characters go out as bytes, one each.</summary>
    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(bytes, limit.Token);
    }

    /// <summary>The next answer. Interim ones are passed over.</summary>
    /// <exception cref="EndOfStreamException">The connection ended before the answer did.</exception>
    public async Task<Answer> ReadAsync(string method, string target)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (true)
        {
            var status = await _answers.ReadLineAsync(limit.Token);
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (await _answers.ReadLineAsync(limit.Token) is { Length: > 0 } line)
                headers.TryAdd(line[..line.IndexOf(':')], line[(line.IndexOf(':') + 1)..].Trim());
            var code = int.Parse(status.Split(' ')[1], CultureInfo.InvariantCulture);
            if (code == 100) continue;
            _closed |= headers.GetValueOrDefault("Connection") == "close";
            var isBodiless = method == "HEAD" || code is 204 or 304;
            var body = isBodiless ? [] : await _answers.ReadBodyAsync(headers, limit.Token);
            return new Answer(method, target, code, headers, body);
        }
    }

    /// <summary>Says that nothing more comes, as a client does that hangs up politely.</summary>
    public void EndSending() => _socket.Client.Shutdown(SocketShutdown.Send);

    /// <summary>Hangs up at once, with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    public void Dispose() => _socket.Dispose();
}
