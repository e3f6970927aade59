using Microsoft.Extensions.Logging;
using Npgsql;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// The way to the database: pools of sessions, with the settings that the tracker's promises rest on, whatever the
/// connection string, the role or the server have as theirs.
/// </summary>
public sealed class TrackerDatabase : IAsyncDisposable
{
    /// <summary>
    /// Seconds that opening a connection may take. Short, because nothing has been sent: the sender hears at once and
    /// repeats.
    /// </summary>
    private const int ConnectSeconds = 5;

    /// <summary>
    /// What the server allows a statement and a wait for a lock. The client waits longer than the server
    /// (<see cref="CommandSeconds"/>): when a statement takes too long it is the server that says so, and then the
    /// outcome is known.
    /// </summary>
    private const string ServerSettings =
        "-c default_transaction_isolation=read\\ committed -c statement_timeout=8s -c lock_timeout=2s"
        + " -c idle_in_transaction_session_timeout=30s -c timezone=UTC -c jit=off -c search_path=pg_catalog";

    /// <summary>
    /// All that the tracker asks for, it finds by an index. A plan that was made while a table was small would scan it,
    /// and go on scanning it while it grows, until statistics are next taken. Nor does a look-up gain by helpers: to
    /// start them takes milliseconds, and a plan without statistics, or for an unknown position, may ask for them.
    /// </summary>
    private const string PlannerSettings =
        "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c plan_cache_mode=force_generic_plan"
        + " -c max_parallel_workers_per_gather=0";

    /// <summary>
    /// Of the sessions that go over the whole log: statements take as long as they take and may scan, and commits need
    /// not wait for the disk, for what a crash takes back is done again. A session whose client is gone without a word,
    /// and with it the locks that it holds, ends within a minute. One process works for a session, so that others are
    /// served; and what it writes is sent to the disk as it goes, or the kernel would send it all at once one day, and
    /// each commit would wait for that.
    /// </summary>
    private const string MaintenanceSettings =
        "-c default_transaction_isolation=read\\ committed -c statement_timeout=0 -c lock_timeout=5s"
        + " -c idle_in_transaction_session_timeout=60s -c timezone=UTC -c jit=off -c search_path=pg_catalog"
        + " -c work_mem=32MB -c maintenance_work_mem=128MB -c synchronous_commit=off"
        + " -c max_parallel_maintenance_workers=0 -c max_parallel_workers_per_gather=0"
        + " -c backend_flush_after=512kB"
        + " -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3";

    private const int CommandSeconds = 12;

    /// <summary>Sessions of short statements: two for flights, one for reads, and one to spare.</summary>
    private const int ShortPoolSize = 4;

    /// <summary>All others with which a node serves: lists, searches, and the sweep.</summary>
    private const int PoolSize = 12;

    private readonly NpgsqlDataSource _short;
    private readonly Lazy<NpgsqlDataSource> _maintenance;
    private readonly Lazy<NpgsqlDataSource> _walks;
    private int _breaks;

    /// <summary>
    /// A pool for <paramref name="connectionString"/>, whose own settings stay where the tracker has no need.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The text is not a connection string. The message does not repeat it.
    /// </exception>
    public TrackerDatabase(string connectionString, SchemaName schema, ILoggerFactory? loggers = null)
    {
        Schema = schema;
        Sql = new SqlTexts(schema);
        var settings = Parse(connectionString);
        Host = settings.Host ?? "";
        settings.ApplicationName ??= "optrack";
        var options = settings.Options;
        settings.Options = string.Join(
            ' ', new[] { options, ServerSettings, PlannerSettings }.Where(text => text is not null));
        settings.Timeout = ConnectSeconds;
        settings.CommandTimeout = CommandSeconds;
        settings.KeepAlive = 0;
        settings.TcpKeepAlive = true;
        settings.NoResetOnClose = true;
        // Prepared by our own word only: a statement that fails while Npgsql is about to prepare it by itself was seen
        // to leave the connection out of step, so that the next, good one got no answer.
        settings.MaxAutoPrepare = 0;
        settings.Enlist = false;
        settings.Multiplexing = false;
        settings.IncludeErrorDetail = false;
        settings.PersistSecurityInfo = false;
        settings.LogParameters = false;
        settings.MaxPoolSize = ShortPoolSize;
        _short = Build(settings, loggers, ServerScheduling.TakeTurns);
        settings.MaxPoolSize = PoolSize;
        DataSource = Build(settings, loggers);
        settings.Options = string.Join(' ', new[] { options, MaintenanceSettings }.Where(text => text is not null));
        settings.CommandTimeout = 0;
        settings.ApplicationName = $"{settings.ApplicationName} projections";
        _maintenance = new Lazy<NpgsqlDataSource>(() => Build(settings, loggers));
        _walks = new Lazy<NpgsqlDataSource>(() => Build(settings, loggers, Priority.LowerServerOf));
    }

    /// <summary>The schema of this tracker.</summary>
    public SchemaName Schema { get; }

    /// <summary>The host, or the directory of the socket, for messages.</summary>
    public string Host { get; }

    internal SqlTexts Sql { get; }

    internal NpgsqlDataSource DataSource { get; }

    /// <summary>A connection string with a password that is kept elsewhere.</summary>
    /// <exception cref="ArgumentException">
    /// The text is not a connection string. The message does not repeat it.
    /// </exception>
    public static string WithPassword(string connectionString, string password)
    {
        var settings = Parse(connectionString);
        settings.Password = password;
        return settings.ConnectionString;
    }

    /// <summary>What a failure of a call that changed nothing means, in a sentence without any value.</summary>
    public static EventStoreException Explain(Exception fault) => PostgresErrors.BeforeSending(fault);

    /// <summary>Whether a call failed because its role may not do it.</summary>
    public static bool IsNotAllowed(PostgresException fault) => PostgresErrors.IsNotAllowed(fault);

    /// <summary>Whether the server is a standby, or else can only be read from.</summary>
    public async Task<bool> IsReadOnlyAsync(CancellationToken cancel)
    {
        await using var command = DataSource.CreateCommand(
            "select pg_is_in_recovery() or current_setting('transaction_read_only')::boolean");
        return (bool)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _short.DisposeAsync().ConfigureAwait(false);
        await DataSource.DisposeAsync().ConfigureAwait(false);
        foreach (var pool in new[] { _maintenance, _walks }.Where(pool => pool.IsValueCreated))
            await pool.Value.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>How often a connection was found broken.</summary>
    internal int Breaks => Volatile.Read(ref _breaks);

    /// <summary>
    /// Empties the pools: one connection was found broken, so the others may be, and the next are to be new ones.
    /// </summary>
    internal void NoteBreak()
    {
        Interlocked.Increment(ref _breaks);
        _short.Clear();
        DataSource.Clear();
    }

    /// <summary>
    /// A session for statements of a millisecond or so, each for many callers: flights, and reads that have waited
    /// together.
    /// </summary>
    internal ValueTask<NpgsqlConnection> OpenShortAsync(CancellationToken cancel) => _short.OpenConnectionAsync(cancel);

    /// <summary>A session for whatever else is served.</summary>
    internal ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancel) => DataSource.OpenConnectionAsync(cancel);

    /// <summary>A session for work that takes long, of a pool of its own, so that serving never waits for it.</summary>
    internal ValueTask<NpgsqlConnection> OpenMaintenanceAsync(CancellationToken cancel) =>
        _maintenance.Value.OpenConnectionAsync(cancel);

    /// <summary>
    /// The same, behind all others on the machine of the server, where that can be done; for work that holds no lock
    /// which others wait for.
    /// </summary>
    internal ValueTask<NpgsqlConnection> OpenWalkAsync(CancellationToken cancel) =>
        _walks.Value.OpenConnectionAsync(cancel);

    /// <summary>
    /// The statement of a file, ready for its parameters. Those that are run often are prepared by their callers.
    /// </summary>
    internal NpgsqlCommand Command(NpgsqlConnection connection, string name) => new(Sql[name], connection);

    private static NpgsqlDataSource Build(
        NpgsqlConnectionStringBuilder settings, ILoggerFactory? loggers, Action<NpgsqlConnection>? opened = null)
    {
        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        if (loggers is not null)
            builder.UseLoggerFactory(loggers);
        if (opened is not null)
        {
            builder.UsePhysicalConnectionInitializer(opened, connection =>
            {
                opened(connection);
                return Task.CompletedTask;
            });
        }

        return builder.Build();
    }

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            if (!string.IsNullOrEmpty(settings.Host))
                return settings;
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or KeyNotFoundException)
        {
            // The fault's own message repeats the text, and with it the password.
        }

        throw new ArgumentException(
            "The database's connection string cannot be read, or names no host. It looks like"
            + " Host=db.example;Database=optrack;Username=optrack;Password=...");
    }
}
