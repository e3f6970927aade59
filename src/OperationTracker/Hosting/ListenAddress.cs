using System.Net;

namespace OperationTracker.Hosting;

/// <summary>The addresses that a node listens at.</summary>
internal static class ListenAddress
{
    /// <summary>Whether only this machine can reach the address.</summary>
    public static bool IsLoopback(string url)
    {
        var host = HostOf(url);
        return host.StartsWith("unix:", StringComparison.OrdinalIgnoreCase)
            || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }

    /// <summary>The host of an address.</summary>
    /// <exception cref="FormatException">It is no address that the web server takes.</exception>
    public static string HostOf(string url) => BindingAddress.Parse(url).Host;

    /// <summary>What is wrong with an address; null when nothing is.</summary>
    public static string? DescribeFault(string url)
    {
        try
        {
            return BindingAddress.Parse(url).Scheme == "http"
                ? null
                : $"{url}: only http is served; put TLS in front with a proxy.";
        }
        catch (FormatException)
        {
            return $"{url} is not an address such as {ServeOptions.DefaultUrl}.";
        }
    }
}
