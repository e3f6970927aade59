using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Keeps a server running until it is told to stop. A server that ends is started again after 1 s, then 2, 4 and so on
/// to 30 s; after a minute of health the count begins anew. It never gives up, because the usual cause, a full disk, is
/// cured from outside. Promises: at most one server at a time, and none after <see cref="StopAsync"/>.
/// </summary>
internal sealed class Supervisor(
    Func<CancellationToken, Task<ServerProcess>> start, ILogger logger, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan FirstBackOff = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestBackOff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stopping = new();
    private Task<ServerProcess?> _watch = Task.FromResult<ServerProcess?>(null);
    private volatile string? _problem = "PostgreSQL has not started yet.";

    /// <summary>Null while the server is up; else a sentence for people.</summary>
    public string? Problem => _problem;

    /// <summary>Starts the first server. If that fails, the exception says why, and nothing is left running.</summary>
    public async Task StartAsync(CancellationToken cancel)
    {
        var server = await start(cancel);
        _problem = null;
        _watch = WatchAsync(server);
    }

    public async Task StopAsync(CancellationToken hurry)
    {
        _problem = "PostgreSQL is stopped.";
        await _stopping.CancelAsync();
        if (await _watch is { } server) await server.StopAsync(hurry);
        _problem = "PostgreSQL is stopped.";
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>Returns the server that runs when the supervisor is told to stop; null if none does.</summary>
    private async Task<ServerProcess?> WatchAsync(ServerProcess first)
    {
        ServerProcess? server = first;
        var reason = "";
        var backOff = FirstBackOff;
        try
        {
            while (true)
            {
                var startedAt = clock.GetTimestamp();
                if (server is not null)
                {
                    await server.Exited.WaitAsync(_stopping.Token);
                    reason = $"PostgreSQL {server.Ending}";
                    if (clock.GetElapsedTime(startedAt) > Healthy) backOff = FirstBackOff;
                }

                server = null;
                (server, reason) = await StartAgainAsync(reason, backOff);
                backOff = backOff * 2 < LongestBackOff ? backOff * 2 : LongestBackOff;
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return server;
        }
    }

    private async Task<(ServerProcess? Server, string Reason)> StartAgainAsync(string reason, TimeSpan backOff)
    {
        _problem = string.Create(CultureInfo.InvariantCulture, $"{reason}; next start in {backOff.TotalSeconds:F0} s.");
        logger.ServerEnded(_problem);
        await Task.Delay(backOff, clock, _stopping.Token);
        _problem = "PostgreSQL is starting again.";
        try
        {
            var server = await start(_stopping.Token);
            _problem = null;
            return (server, "");
        }
        catch (Exception e) when (!_stopping.IsCancellationRequested)
        {
            return (null, e.Message.TrimEnd('.'));
        }
    }
}
