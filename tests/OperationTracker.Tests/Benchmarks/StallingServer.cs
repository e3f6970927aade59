using System.Net;
using System.Net.Sockets;

namespace OperationTracker.Tests.Benchmarks;

/// <summary>Answers every request at once, but for one standstill, in which it answers nobody.</summary>
internal sealed class StallingServer : IDisposable
{
    private static readonly byte[] Answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly int _request;
    private readonly TimeSpan _length;
    private Task _standstill = Task.CompletedTask;
    private int _requests;

    /// <param name="request">The request that begins the standstill.</param>
    /// <param name="length">How long it is.</param>
    public StallingServer(int request, TimeSpan length)
    {
        (_request, _length) = (request, length);
        _listener.Start();
        _ = AcceptAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var connection = client;
        client.NoDelay = true;
        var stream = client.GetStream();
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, _stop.Token) > 0)
        {
            if (Interlocked.Increment(ref _requests) == _request)
                Volatile.Write(ref _standstill, Task.Delay(_length, _stop.Token));
            await Volatile.Read(ref _standstill);
            await stream.WriteAsync(Answer, _stop.Token);
        }
    }
}
