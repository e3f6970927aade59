using System.Collections.Concurrent;
using System.Diagnostics;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Faults;

/// <summary>Carries out a schedule, one fault after another, and leaves everything healed.</summary>
internal sealed class Nemesis(Cluster cluster, Administration administration, Action<string> tell)
{
    private readonly ConcurrentDictionary<FaultKind, int> _done = new();

    /// <summary>How often each was carried out.</summary>
    public IReadOnlyDictionary<FaultKind, int> Done => _done;

    public async Task RunAsync(IEnumerable<Fault> schedule, int seed, CancellationToken stop, CancellationToken cancel)
    {
        var random = new Random(seed);
        foreach (var fault in schedule)
        {
            try
            {
                await Task.Delay(fault.After, stop);
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return;
            }

            tell($"    {fault}");
            if (await CarryOutAsync(fault, random, cancel)) _done.AddOrUpdate(fault.Kind, 1, (_, count) => count + 1);
        }
    }

    private async Task<bool> CarryOutAsync(Fault fault, Random random, CancellationToken cancel)
    {
        var node = cluster.Nodes[fault.Node];
        if (fault.Kind is FaultKind.KillPostmaster or FaultKind.KillBackend or FaultKind.KillWriter
            or FaultKind.KillEverything)
            administration.KilledAt = Stopwatch.GetTimestamp();
        var (database, clients) = (cluster.DatabaseProxies[fault.Node], cluster.ClientProxies[fault.Node]);
        switch (fault.Kind)
        {
            case FaultKind.KillNode:
                await node.KillAsync();
                await node.StartAsync(cancel);
                return true;
            case FaultKind.KillPostmaster:
                await cluster.Postgres.RestartAfterKillAsync(cancel);
                return true;
            case FaultKind.KillBackend:
                return await cluster.Postgres.KillProcessAsync(session: true, random, cancel);
            case FaultKind.KillWriter:
                return await cluster.Postgres.KillProcessAsync(session: false, random, cancel);
            case FaultKind.FreezeNode:
                node.Freeze();
                await Task.Delay(fault.Lasts, cancel);
                node.Thaw();
                return true;
            case FaultKind.CutDatabase:
                database.Cut();
                return true;
            case FaultKind.CutClients:
                clients.Cut();
                return true;
            case FaultKind.SlowDatabase:
                await ChangeWeatherAsync(database, Weather.Slow, fault.Lasts, cancel);
                return true;
            case FaultKind.LoseCommitAnswers:
                await ChangeWeatherAsync(database, Weather.LoseAnswers, fault.Lasts, cancel);
                return true;
            case FaultKind.BlackholeDatabase:
                await ChangeWeatherAsync(database, Weather.Blackhole, fault.Lasts, cancel);
                database.Cut();
                return true;
            case FaultKind.BlackholeClients:
                await ChangeWeatherAsync(clients, Weather.Blackhole, fault.Lasts, cancel);
                clients.Cut();
                return true;
            case FaultKind.Rebuild or FaultKind.Verify or FaultKind.Export or FaultKind.Redact:
                return await administration.BeginAsync(fault.Kind, cancel);
            default:
                await Task.WhenAll(cluster.Nodes.Select(each => each.KillAsync()));
                await cluster.Postgres.RestartAfterKillAsync(cancel);
                await Task.WhenAll(cluster.Nodes.Select(each => each.StartAsync(cancel)));
                return true;
        }
    }

    private static async Task ChangeWeatherAsync(
        TcpProxy proxy, Weather weather, TimeSpan lasts, CancellationToken cancel)
    {
        proxy.Weather = weather;
        await Task.Delay(lasts, cancel);
        proxy.Weather = Weather.Fair;
    }
}
