using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using OperationTracker.Torture.Faults;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Torture;

/// <summary>
/// All that is tortured: one PostgreSQL, some nodes, and a proxy on each side of each node. Processes are killed when
/// this one ends, however it does.
/// </summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly List<LyingGateway> _gateways = [];

    private Cluster(PrivatePostgres postgres) => Postgres = postgres;

    public PrivatePostgres Postgres { get; }

    public List<TrackerNode> Nodes { get; } = [];

    /// <summary>Between a node and PostgreSQL.</summary>
    public List<TcpProxy> DatabaseProxies { get; } = [];

    /// <summary>Between clients and a node.</summary>
    public List<TcpProxy> ClientProxies { get; } = [];

    /// <summary>Where clients find the nodes.</summary>
    public int[] ClientPorts => [.. ClientProxies.Select(proxy => proxy.Port)];

    /// <param name="options">How many nodes; where their logs go.</param>
    /// <param name="cancel">Breaks it off.</param>
    /// <param name="dataDirectory">Where PostgreSQL keeps its data; null: with the logs.</param>
    /// <param name="binDirectory">Where PostgreSQL's programs are; null: where the launcher finds them.</param>
    public static async Task<Cluster> StartAsync(
        TortureOptions options, CancellationToken cancel, string? dataDirectory = null, string? binDirectory = null)
    {
        var cluster = new Cluster(await PrivatePostgres.StartAsync(
            dataDirectory ?? Path.Combine(options.Directory, "data"),
            Path.Combine(options.Directory, "postgres.log"), cancel, binDirectory));
        try
        {
            for (var i = 0; i < options.Nodes; i++)
                await cluster.AddNodeAsync(string.Create(CultureInfo.InvariantCulture, $"node{i}"), options, cancel);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Nodes) await node.DisposeAsync();
        foreach (var proxy in DatabaseProxies.Concat(ClientProxies)) await proxy.DisposeAsync();
        foreach (var gateway in _gateways) await gateway.DisposeAsync();
        await Postgres.DisposeAsync();
    }

    private async Task AddNodeAsync(string name, TortureOptions options, CancellationToken cancel)
    {
        var toPostgres = new TcpProxy(() => new UnixDomainSocketEndPoint(Postgres.Socket));
        DatabaseProxies.Add(toPostgres);
        var connectionString = new NpgsqlConnectionStringBuilder(Postgres.ConnectionString)
        {
            Host = "127.0.0.1", Port = toPostgres.Port, SslMode = SslMode.Disable,
        }.ConnectionString;
        var node = new TrackerNode(name, connectionString, Path.Combine(options.Directory, $"{name}.log"));
        AppDomain.CurrentDomain.ProcessExit += (_, _) => node.Abandon();
        Nodes.Add(node);
        EndPoint target = new IPEndPoint(IPAddress.Loopback, node.Port);
        if (options.Plant is { } bug && Plants.IsOfGateway(bug))
        {
            var gateway = new LyingGateway(bug, node.Port, isFirst: Nodes.Count == 1);
            _gateways.Add(gateway);
            target = gateway.EndPoint;
        }

        ClientProxies.Add(new TcpProxy(() => target));
        await node.StartAsync(cancel);
    }
}
