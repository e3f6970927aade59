using System.Net;
using System.Net.Sockets;

namespace OperationTracker.Benchmarks.Load;

/// <summary>One kept-alive connection with at most one request under way. Not for several threads.</summary>
internal sealed class LoadConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly Epoll _epoll;
    private readonly int _key;
    private readonly byte[] _request;
    private readonly ResponseReader _response = new();
    private int _length;
    private int _sent;
    private bool _blocked;

    public LoadConnection(IPEndPoint target, Epoll epoll, int key, int largestRequest)
    {
        _socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(target);
        _socket.Blocking = false;
        (_epoll, _key, _request) = (epoll, key, new byte[largestRequest]);
        epoll.Watch(_socket, key);
    }

    /// <summary>When the request under way was to be sent, in ticks of the stopwatch.</summary>
    public long IntendedAt { get; private set; }

    /// <summary>The request's number, as the workload knows it.</summary>
    public long Number { get; private set; }

    public int Status => _response.Status;

    /// <summary>Sends the workload's next request, if it has one that may be sent now.</summary>
    public bool TryBegin(ILoadWorkload workload, long intendedAt)
    {
        _length = workload.TryNext(_request, out var number);
        if (_length == 0)
            return false;
        (Number, IntendedAt, _sent) = (number, intendedAt, 0);
        SendRest();
        return true;
    }

    /// <summary>Goes on after the socket became ready; true when the answer is complete.</summary>
    /// <exception cref="IOException">The connection ended.</exception>
    public bool Continue()
    {
        if (_sent < _length)
            SendRest();
        while (true)
        {
            var count = _socket.Receive(_response.Free, SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                return false;
            if (error != SocketError.Success || count == 0)
                throw new IOException($"The connection ended: {error}.");
            if (_response.Advance(count))
                return true;
        }
    }

    public void Dispose() => _socket.Dispose();

    private void SendRest()
    {
        while (_sent < _length)
        {
            var count = _socket.Send(_request.AsSpan(_sent, _length - _sent), SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
                break;
            if (error != SocketError.Success)
                throw new IOException($"The connection ended: {error}.");
            _sent += count;
        }

        var blocked = _sent < _length;
        if (blocked != _blocked)
            _epoll.WatchWrites(_socket, _key, blocked);
        _blocked = blocked;
    }
}
