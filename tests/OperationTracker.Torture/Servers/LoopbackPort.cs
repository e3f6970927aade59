using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace OperationTracker.Torture.Servers;

/// <summary>A port for a server that is started later, and again.</summary>
internal static class LoopbackPort
{
    private const int First = 10_000;

    /// <summary>
    /// One that nobody listens on, of those that the system gives to nobody by itself (<c>ip_local_port_range</c>): a
    /// port of its choice, once free, may be the next connection's. Where it keeps none back, one of its choice.
    /// </summary>
    public static int Free()
    {
        var end = int.Parse(
            File.ReadAllText("/proc/sys/net/ipv4/ip_local_port_range").Split('\t', ' ')[0],
            CultureInfo.InvariantCulture);
        for (var attempts = 1000; ; attempts--)
        {
            try
            {
                var wanted = end > First ? Random.Shared.Next(First, end) : 0;
                using var listener = new TcpListener(IPAddress.Loopback, wanted);
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException) when (attempts > 0)
            {
                // Somebody has it.
            }
        }
    }
}
