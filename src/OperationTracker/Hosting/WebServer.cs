using Microsoft.AspNetCore.Server.Kestrel.Core;
using OperationTracker.Api;

namespace OperationTracker.Hosting;

/// <summary>How the web server is set, for the tracker and for what it is measured against.</summary>
public static class WebServer
{
    /// <summary>Makes it Kestrel, with these settings.</summary>
    public static void Configure(IWebHostBuilder host)
    {
        host.UseKestrel(SetLimits);
        // What has arrived is handled where it was received; nothing here blocks a thread. Decision 0006.
        host.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
    }

    private static void SetLimits(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RequestBody.MaxBytes;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(130);
        // Each takes a few kilobytes; more than this many controllers at once is a flood.
        kestrel.Limits.MaxConcurrentConnections = 10_000;
    }
}
