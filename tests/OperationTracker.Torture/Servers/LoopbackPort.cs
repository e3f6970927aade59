using System.Net;
using System.Net.Sockets;

namespace OperationTracker.Torture.Servers;

/// <summary>A port for a server that is started later, and again.</summary>
internal static class LoopbackPort
{
    private const int First = 10_000;

    /// <summary>
    /// One that nobody listens on, of those that the system gives to nobody by itself (<c>ip_local_port_range</c>): a
    /// port of its choice, once free, may be the next connection's.
    /// </summary>
    public static int Free()
    {
        var end = int.Parse(
            File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t', ' ')[0],
            System.Globalization.CultureInfo.InvariantCulture);
        for (var attempt = 0; attempt < 1000 && end > First; attempt++)
        {
            var port = Random.Shared.Next(First, end);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }

        throw new InvalidOperationException($"No port from {First} to {end} is free.");
    }
}
