using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OperationTracker.Torture.Network;

/// <summary>What a proxy does to what passes through it.</summary>
internal enum Weather
{
    Fair,

    /// <summary>Each piece is late by some tens of milliseconds.</summary>
    Slow,

    /// <summary>Everything is taken and nothing passed on; both ends believe that they are connected.</summary>
    Blackhole,

    /// <summary>Answers to requests of some size are swallowed, and the connection is reset in their place.</summary>
    LoseAnswers,
}

/// <summary>
/// Stands between the ends of a TCP connection in this process and makes the network's faults. Bytes are never altered.
/// </summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>
    /// An append carries documents and is larger than this; questions with some ids are smaller. So an answer that is
    /// lost is, as a rule, one to a commit.
    /// </summary>
    private const int AppendBytes = 1500;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Link, byte> _links = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Func<EndPoint> _target;
    private readonly Task _accepting;
    private volatile Weather _weather;
    private int _lost;

    /// <param name="target">Where to connect to, asked for each connection.</param>
    public TcpProxy(Func<EndPoint> target)
    {
        _target = target;
        _listener.Start(512);
        _accepting = Listening.AcceptAsync(_listener, ServeAsync, _stopping.Token);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Weather Weather
    {
        get => _weather;
        set => _weather = value;
    }

    /// <summary>Answers that were swallowed.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <summary>Cuts all connections with a reset, as a firewall does that forgets them.</summary>
    public void Cut()
    {
        foreach (var link in _links.Keys) link.Reset();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task ServeAsync(Socket client)
    {
        var target = _target();
        var server = new Socket(target.AddressFamily, SocketType.Stream,
            target is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp);
        var link = new Link(client, server);
        _links[link] = 0;
        try
        {
            client.NoDelay = true;
            await server.ConnectAsync(target);
            if (target is IPEndPoint) server.NoDelay = true;
            await Task.WhenAny(
                PumpAsync(link, client, server, upward: true), PumpAsync(link, server, client, upward: false));
        }
        catch (SocketException)
        {
            // Nobody is there; the client hears of it by the reset.
        }

        link.Reset();
        _links.TryRemove(link, out _);
    }

    private async Task PumpAsync(Link link, Socket from, Socket to, bool upward)
    {
        var buffer = new byte[32 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                var asked = upward ? link.Sent(count) : link.Answered();
                if (!await PassesAsync(upward ? 0 : asked)) continue;
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
        catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
        {
            // One end is gone; the other one hears of it by the reset.
        }
    }

    /// <exception cref="SocketException">The answer is lost, and the connection with it.</exception>
    private async Task<bool> PassesAsync(int askedBytes)
    {
        switch (_weather)
        {
            case Weather.Slow:
                await Task.Delay(Random.Shared.Next(5, 60));
                return true;
            case Weather.Blackhole:
                return false;
            case Weather.LoseAnswers when askedBytes > AppendBytes:
                Interlocked.Increment(ref _lost);
                throw new SocketException((int)SocketError.ConnectionReset);
            default:
                return true;
        }
    }

    /// <summary>Two sockets, and how much was asked since the last answer.</summary>
    private sealed class Link(Socket client, Socket server)
    {
        private int _asked;

        public int Sent(int bytes) => Interlocked.Add(ref _asked, bytes);

        public int Answered() => Interlocked.Exchange(ref _asked, 0);

        public void Reset()
        {
            foreach (var socket in new[] { client, server })
            {
                try
                {
                    if (socket.AddressFamily != AddressFamily.Unix) socket.LingerState = new LingerOption(true, 0);
                }
                catch (Exception fault) when (fault is SocketException or ObjectDisposedException)
                {
                    // It is closed already.
                }

                socket.Dispose();
            }
        }
    }
}
