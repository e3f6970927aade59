using Microsoft.Extensions.Logging;
using Npgsql;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// A PostgreSQL of the tracker's own, with durable settings, for one node: found on the machine, its cluster made on
/// first use, reached over a Unix socket, started again when it dies, and stopped with the tracker. Safe for use by
/// several threads.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private readonly Supervisor _supervisor;
    private readonly EmbeddedStart _start;
    private readonly DataDirectoryLock _lock;
    private readonly GrowthWriteBack _writeBack;
    private readonly LogReserve _logReserve;
    private readonly Lazy<Task> _stopped;
    private CancellationToken _hurry;

    private EmbeddedPostgres(
        EmbeddedStart start, DataDirectoryLock held, Supervisor supervisor, GrowthWriteBack writeBack,
        LogReserve logReserve, string? tcp)
    {
        _supervisor = supervisor;
        _start = start;
        _lock = held;
        _writeBack = writeBack;
        _logReserve = logReserve;
        _stopped = new Lazy<Task>(StopOnceAsync);
        DataDirectory = start.Data.Path;
        ConnectionString = start.Connection(EmbeddedDatabase.Owner, EmbeddedDatabase.Name);
        AdministratorConnectionString = start.Connection(EmbeddedDatabase.Administrator, "postgres");
        TcpConnectionString = tcp;
        PsqlCommand = start.PsqlCommand;
        Version = start.Binaries.Version;
    }

    /// <summary>What the tracker connects with: the Unix socket, its own role, which is no superuser.</summary>
    public string ConnectionString { get; }

    /// <summary>The superuser's connection to the database <c>postgres</c>, for backups, tests and people.</summary>
    public string AdministratorConnectionString { get; }

    /// <summary>
    /// For other programs of this machine, if a port was asked for. It names the file that holds the password, which
    /// the tracker's user alone can read, and never holds the password itself.
    /// </summary>
    public string? TcpConnectionString { get; }

    /// <summary>A command for a shell that opens the tracker's database.</summary>
    public string PsqlCommand { get; }

    /// <summary>Where the data stands, with symbolic links resolved.</summary>
    public string DataDirectory { get; }

    /// <summary>The server's version, such as 15.18.</summary>
    public string Version { get; }

    /// <summary>Null while the server is up; else a sentence that says what is wrong and what happens next.</summary>
    public string? Problem => _supervisor.Problem;

    /// <summary>
    /// Ends when a new server's log has files that were filled before, or that was given up; commits are faster from
    /// then on. Never fails, and nobody has to wait for it who does not measure.
    /// </summary>
    public Task LogReserveFilled => _logReserve.Filled;

    /// <summary>
    /// Starts the server, making its cluster if there is none, and returns when it answers.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">It cannot run; the message says what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(
        EmbeddedPostgresOptions options, ILogger logger, TimeProvider clock, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!OperatingSystem.IsLinux())
            throw new EmbeddedPostgresException(
                EmbeddedPostgresProblem.NotSupported,
                "The tracker's own PostgreSQL runs on Linux only. Give it a server with --database.");

        var data = Embedded.DataDirectory.Choose(options.DataDirectory);
        var spawn = new SpawnThread();
        DataDirectoryLock? held = null;
        Supervisor? supervisor = null;
        try
        {
            var run = new UnprivilegedCommand(ServerUser.Choose(options.RunAs, data), options.UseSetpriv);
            await Reachability.CheckAsync(spawn, run, data.Path, "--data", cancel);
            data = data.Make(options.DataDirectory is not null, logger);
            held = DataDirectoryLock.Take(data);
            var start = await EmbeddedStart.PrepareAsync(options, data, run, spawn, logger, clock, cancel);
            supervisor = new Supervisor(start.StartServerAsync, logger, clock);
            await supervisor.StartAsync(cancel);
            var tcp = await start.PrepareDatabaseAsync(cancel);
            var writeBack = new GrowthWriteBack(data.Cluster, Posix.BeginWriting, logger, clock);
            writeBack.Start();
            var logReserve = start.CreateLogReserve();
            logReserve.Start();
            return new EmbeddedPostgres(start, held, supervisor, writeBack, logReserve, tcp);
        }
        catch (Exception e)
        {
            if (supervisor is not null) await supervisor.StopAsync(CancellationToken.None);
            supervisor?.Dispose();
            spawn.Dispose();
            held?.Dispose();
            if (e is NpgsqlException or IOException or UnauthorizedAccessException)
                throw new EmbeddedPostgresException(
                    EmbeddedPostgresProblem.StartFailed, $"PostgreSQL on {data.Path} did not start: {e.Message}", e);
            throw;
        }
    }

    /// <summary>
    /// Stops the server and frees the data directory. Connections are ended, so drain first. Takes at most 40 s; when
    /// <paramref name="cancel"/> fires, the server is stopped at once and recovers at its next start. Never throws for
    /// a server that does not stop: it is logged, and the next start deals with it. May be called again.
    /// </summary>
    public Task StopAsync(CancellationToken cancel)
    {
        if (!_stopped.IsValueCreated) _hurry = cancel;
        return _stopped.Value;
    }

    /// <summary>The same as <see cref="StopAsync"/> with all the time that it takes.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(CancellationToken.None);

    private async Task StopOnceAsync()
    {
        await _logReserve.DisposeAsync();
        await _writeBack.DisposeAsync();
        await _supervisor.StopAsync(_hurry);
        _supervisor.Dispose();
        _start.CleanUp();
        _start.Spawn.Dispose();
        _lock.Dispose();
    }
}
