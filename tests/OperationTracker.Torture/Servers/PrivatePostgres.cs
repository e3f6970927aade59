using System.Globalization;
using Npgsql;
using OperationTracker.Postgres.Embedded;

namespace OperationTracker.Torture.Servers;

/// <summary>
/// The one PostgreSQL of a run, by the product's launcher and with its durable settings. A killed postmaster is started
/// by a launcher of its own and not waited for, because the launcher's back-off grows with each death.
/// </summary>
internal sealed class PrivatePostgres : IAsyncDisposable
{
    private const int Connections = 120;
    private static readonly string[] Sessions = ["client backend"];
    private static readonly string[] Writers = ["walwriter", "checkpointer", "background writer"];

    private readonly EmbeddedPostgresOptions _options;
    private readonly ServerLogFile _log;
    private EmbeddedPostgres _server;

    private PrivatePostgres(EmbeddedPostgresOptions options, ServerLogFile log, EmbeddedPostgres server) =>
        (_options, _log, _server) = (options, log, server);

    public string ConnectionString => _server.ConnectionString;

    public string Version => _server.Version;

    /// <summary>Where it listens, for a proxy.</summary>
    public string Socket => Path.Combine(
        new NpgsqlConnectionStringBuilder(ConnectionString).Host!,
        string.Create(
            CultureInfo.InvariantCulture, $".s.PGSQL.{new NpgsqlConnectionStringBuilder(ConnectionString).Port}"));

    /// <summary>The cluster's directory.</summary>
    public string Cluster => Path.Combine(_server.DataDirectory, "postgres");

    /// <summary>The directory of the program that runs.</summary>
    public string Binaries => Path.GetDirectoryName(new FileInfo(
        string.Create(CultureInfo.InvariantCulture, $"/proc/{Postmaster()}/exe")).LinkTarget)!;

    /// <summary>Null while it is up; else what is wrong, as its supervisor has it.</summary>
    public string? Problem => _server.Problem;

    /// <summary>How often it panicked.</summary>
    public int Panics => _log.Panics;

    /// <param name="dataDirectory">Where its data is.</param>
    /// <param name="logFile">Where its log goes.</param>
    /// <param name="cancel">Breaks it off.</param>
    /// <param name="binDirectory">Where its programs are; null: where the launcher finds them.</param>
    public static async Task<PrivatePostgres> StartAsync(
        string dataDirectory, string logFile, CancellationToken cancel, string? binDirectory = null)
    {
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = dataDirectory,
            BinDirectory = binDirectory ?? Environment.GetEnvironmentVariable("OPTRACK_PG_BIN"),
            MaxConnections = Connections,
        };
        var log = new ServerLogFile(logFile);
        return new PrivatePostgres(options, log, await LaunchAsync(options, log, cancel));
    }

    /// <summary>Kills the postmaster, and starts another one.</summary>
    public async Task RestartAfterKillAsync(CancellationToken cancel)
    {
        Signals.Send(Postmaster(), Signals.Kill);
        await _server.StopAsync(new CancellationToken(canceled: true));
        await StartAgainAsync(cancel);
    }

    /// <summary>Stops all processes of the server where they are.</summary>
    /// <returns>Their ids.</returns>
    public IReadOnlyList<int> Freeze()
    {
        var postmaster = Postmaster();
        Signals.Send(postmaster, Signals.Stop);
        IReadOnlyList<int> all = [postmaster, .. Processes.ChildrenOf(postmaster)];
        foreach (var process in all) Signals.Send(process, Signals.Stop);
        return all;
    }

    /// <summary>Ends frozen processes, and nothing of the server is left but its files.</summary>
    public async Task KillFrozenAsync(IEnumerable<int> frozen)
    {
        foreach (var process in frozen) Signals.Send(process, Signals.Kill);
        await _server.StopAsync(new CancellationToken(canceled: true));
    }

    /// <summary>Stops it as its tracker would, with a checkpoint.</summary>
    public Task StopAsync() => _server.StopAsync(CancellationToken.None);

    /// <summary>After <see cref="StopAsync"/> or <see cref="KillFrozenAsync"/>.</summary>
    public async Task StartAgainAsync(CancellationToken cancel)
    {
        NpgsqlConnection.ClearAllPools();
        _server = await LaunchAsync(_options, _log, cancel);
    }

    /// <summary>
    /// Kills one process of the server: one of the tracker's sessions, or one of those that write behind the scenes.
    /// The postmaster then ends all others and recovers.
    /// </summary>
    /// <returns>False when there was none.</returns>
    public async Task<bool> KillProcessAsync(bool session, Random random, CancellationToken cancel)
    {
        IReadOnlyList<int> processes = [];
        try
        {
            processes = await ProcessesAsync(session ? Sessions : Writers, cancel);
        }
        catch (NpgsqlException)
        {
            // It is down because of an earlier fault.
        }

        return processes.Count > 0 && Signals.Send(processes[random.Next(processes.Count)], Signals.Kill);
    }

    /// <summary>The server's processes of some kinds, as <c>pg_stat_activity</c> calls them.</summary>
    /// <exception cref="NpgsqlException">It is down.</exception>
    public async Task<IReadOnlyList<int>> ProcessesAsync(string[] kinds, CancellationToken cancel)
    {
        await using var administrator = await OpenAsAdministratorAsync(cancel);
        await using var command = new NpgsqlCommand(
            "select pid from pg_stat_activity where backend_type = any ($1) and pid <> pg_backend_pid()", administrator)
        {
            Parameters = { new() { Value = kinds } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var processes = new List<int>();
        while (await reader.ReadAsync(cancel)) processes.Add(reader.GetInt32(0));
        return processes;
    }

    /// <summary>A superuser's session with the database <c>postgres</c>.</summary>
    public Task<NpgsqlConnection> OpenAsAdministratorAsync(CancellationToken cancel) =>
        OpenAsync(_server.AdministratorConnectionString, cancel);

    /// <summary>A session past the proxies; waits for a server that recovers.</summary>
    public async Task<NpgsqlConnection> OpenWhenUpAsync(CancellationToken cancel)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await OpenAsync(ConnectionString, cancel);
            }
            catch (NpgsqlException) when (attempt < 300)
            {
                await Task.Delay(100, cancel);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await _server.StopAsync(new CancellationToken(canceled: true));
    }

    private static Task<EmbeddedPostgres> LaunchAsync(
        EmbeddedPostgresOptions options, ServerLogFile log, CancellationToken cancel) =>
        EmbeddedPostgres.StartAsync(options, log, TimeProvider.System, cancel);

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancel)
    {
        var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false, CommandTimeout = 300, Timeout = 5,
        }.ConnectionString);
        try
        {
            await session.OpenAsync(cancel);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private int Postmaster()
    {
        var file = Path.Combine(Cluster, "postmaster.pid");
        return File.Exists(file)
            && int.TryParse(File.ReadLines(file).FirstOrDefault(), CultureInfo.InvariantCulture, out var pid)
            ? pid
            : 0;
    }
}
