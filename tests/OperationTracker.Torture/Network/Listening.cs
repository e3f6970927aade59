using System.Net.Sockets;

namespace OperationTracker.Torture.Network;

/// <summary>How everything here that is connected to takes its connections.</summary>
internal static class Listening
{
    /// <summary>Has each connection served, beside the others, until it is told to stop or the listener has.</summary>
    public static async Task AcceptAsync(TcpListener listener, Func<Socket, Task> serve, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(stop);
                _ = serve(client);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }
}
