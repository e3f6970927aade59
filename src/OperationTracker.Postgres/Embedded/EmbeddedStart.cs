using Microsoft.Extensions.Logging;
using Npgsql;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// The steps from a data directory to a server that answers, in their order. Preparing is done once; a server that
/// died is started again by <see cref="StartServerAsync"/> alone.
/// </summary>
internal sealed class EmbeddedStart
{
    private readonly EmbeddedPostgresOptions _options;
    private readonly UnprivilegedCommand _run;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly string _sockets;

    private EmbeddedStart(
        EmbeddedPostgresOptions options, DataDirectory data, PostgresBinaries binaries, string sockets,
        UnprivilegedCommand run, SpawnThread spawn, ILogger logger, TimeProvider clock)
    {
        _options = options;
        _run = run;
        _logger = logger;
        _clock = clock;
        _sockets = sockets;
        Data = data;
        Binaries = binaries;
        Spawn = spawn;
    }

    public DataDirectory Data { get; }

    public PostgresBinaries Binaries { get; }

    public SpawnThread Spawn { get; }

    public string PsqlCommand
    {
        get
        {
            var port = _options.TcpPort is { } chosen ? $" -p {chosen}" : "";
            return $"psql -h {ShellWord(_sockets)}{port} -U {EmbeddedDatabase.Owner} -d {EmbeddedDatabase.Name}";
        }
    }

    /// <summary>Everything that happens once, before the first server: needs the data directory's lock.</summary>
    public static async Task<EmbeddedStart> PrepareAsync(
        EmbeddedPostgresOptions options, DataDirectory data, UnprivilegedCommand run, SpawnThread spawn, ILogger logger,
        TimeProvider clock, CancellationToken cancel)
    {
        if (!run.DiesWithTracker) logger.NoParentDeathSignal();
        await Reachability.CheckAsync(spawn, run, data.Path, "--data", cancel);
        Cluster.RemoveAbandoned(data);
        var record = ClusterRecord.Read(data.Record);
        var major = Cluster.MajorOf(data);
        var binaries = PostgresBinaries.Find(options.BinDirectory, record?.Bin, major, data.Cluster);
        await Reachability.CheckAsync(spawn, run, binaries.Bin, "--pg-bin", cancel);
        if (major is null) await Cluster.CreateAsync(data, binaries, spawn, run, logger, cancel);
        if (record?.Bin != binaries.Bin || record.Major != binaries.Major)
            new ClusterRecord(binaries.Major, binaries.Bin, record?.Created ?? clock.GetUtcNow()).Write(data.Record);
        AccessRules.Write(data, run.User.Account, options.TcpPort is not null);
        var sockets = SocketDirectory.Prepare(data, run.User);
        return new EmbeddedStart(options, data, binaries, sockets, run, spawn, logger, clock);
    }

    /// <summary>Starts one server and waits until it answers; if it does not, it is stopped again.</summary>
    public async Task<ServerProcess> StartServerAsync(CancellationToken cancel)
    {
        await LeftoverServers.StopAsync(Data.Cluster, _logger, _clock, cancel);
        var command = _run.Create(Binaries.Server, ServerSettings.CommandLine(Data, _sockets, _options));
        var server = await ServerProcess.StartAsync(Spawn, command, _logger, _clock);
        try
        {
            var probe = Unpooled(EmbeddedDatabase.Administrator, "postgres");
            await server.WaitUntilReadyAsync(Data.Cluster, probe, _options.StartupTimeout, cancel);
        }
        catch
        {
            await server.StopAsync(CancellationToken.None);
            throw;
        }

        _logger.ServerReady(Binaries.Version, Data.Cluster, _run.User.Account.Name, server.Pid);
        return server;
    }

    /// <summary>Makes the tracker's database, and returns the loopback connection string if one is wanted.</summary>
    public async Task<string?> PrepareDatabaseAsync(CancellationToken cancel)
    {
        var administrator = Unpooled(EmbeddedDatabase.Administrator, "postgres");
        await EmbeddedDatabase.CreateAsync(administrator, cancel);
        await using (var session = new NpgsqlConnection(Unpooled(EmbeddedDatabase.Owner, EmbeddedDatabase.Name)))
        {
            await session.OpenAsync(cancel);
            await ServerSettings.AssertDurableAsync(session, cancel);
        }

        return _options.TcpPort is { } port
            ? await EmbeddedDatabase.OpenLoopbackAsync(administrator, Data.PasswordFile, port, cancel)
            : null;
    }

    /// <summary>What fills the log's files of a new server, once it was begun.</summary>
    public LogReserve CreateLogReserve() => new(
        Unpooled(EmbeddedDatabase.Administrator, "postgres"),
        () => new DriveInfo(Path.Combine(Data.Cluster, "pg_wal")).AvailableFreeSpace, _options.FillLogAfter, _logger,
        _clock);

    /// <summary>Removes what lies outside of the data directory, after the server has stopped.</summary>
    public void CleanUp() => SocketDirectory.Remove(Data, _sockets);

    public string Connection(string user, string database) =>
        EmbeddedDatabase.Connection(_sockets, _options.TcpPort, user, database);

    private string Unpooled(string user, string database) =>
        new NpgsqlConnectionStringBuilder(Connection(user, database)) { Pooling = false, Timeout = 5 }.ConnectionString;

    private static string ShellWord(string text) =>
        text.All(sign => char.IsAsciiLetterOrDigit(sign) || "/._-".Contains(sign)) ? text : $"'{text}'";
}
