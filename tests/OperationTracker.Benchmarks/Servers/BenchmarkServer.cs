using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OperationTracker.Postgres.Embedded;

namespace OperationTracker.Benchmarks.Servers;

/// <summary>The one PostgreSQL of a run, private and durable, in a directory that is deleted at the end.</summary>
internal sealed class BenchmarkServer : IAsyncDisposable
{
    private const int Connections = 200;

    private readonly EmbeddedPostgres _postgres;
    private readonly string _directory;
    private int _databases;

    private BenchmarkServer(EmbeddedPostgres postgres, string directory)
    {
        (_postgres, _directory) = (postgres, directory);
        var pidFile = Path.Combine(postgres.DataDirectory, "postgres", "postmaster.pid");
        Id = int.Parse(File.ReadLines(pidFile).First(), CultureInfo.InvariantCulture);
        Programs = Path.GetDirectoryName(
            File.ResolveLinkTarget($"/proc/{Id}/exe", returnFinalTarget: false)!.FullName)!;
        Scratch = Directory.CreateDirectory(Path.Combine(directory, "scratch")).FullName;
    }

    /// <summary>The process whose children are all of the server.</summary>
    public int Id { get; }

    public string Version => _postgres.Version;

    /// <summary>Where its programs are, <c>pgbench</c> perhaps among them.</summary>
    public string Programs { get; }

    /// <summary>A directory for the run's own files.</summary>
    public string Scratch { get; }

    public static async Task<BenchmarkServer> StartAsync(string place, CancellationToken cancel)
    {
        var directory = Path.Combine(place, $"optrack-bench-{Environment.ProcessId}");
        Directory.CreateDirectory(directory);
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = directory,
            BinDirectory = Environment.GetEnvironmentVariable("OPTRACK_PG_BIN"),
            MaxConnections = Connections,
        };
        try
        {
            var postgres = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, TimeProvider.System, cancel);
            var server = new BenchmarkServer(postgres, directory);
            await server.AssertDurableAsync(cancel);
            await postgres.LogReserveFilled.WaitAsync(cancel);
            return server;
        }
        catch
        {
            Directory.Delete(directory, recursive: true);
            throw;
        }
    }

    /// <summary>A new, empty database; its owner's connection string.</summary>
    public async Task<string> CreateDatabaseAsync(CancellationToken cancel)
    {
        var name = $"bench_{++_databases}";
        await ExecuteAsync(_postgres.AdministratorConnectionString, $"create database {name} owner optrack", cancel);
        return new NpgsqlConnectionStringBuilder(_postgres.ConnectionString) { Database = name }.ConnectionString;
    }

    public Task DropDatabaseAsync(string connectionString, CancellationToken cancel)
    {
        NpgsqlConnection.ClearAllPools();
        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        return ExecuteAsync(_postgres.AdministratorConnectionString, $"drop database {name} with (force)", cancel);
    }

    /// <summary>The superuser's connection to the same database.</summary>
    public string AsAdministrator(string connectionString) =>
        new NpgsqlConnectionStringBuilder(_postgres.AdministratorConnectionString)
        {
            Database = new NpgsqlConnectionStringBuilder(connectionString).Database,
            CommandTimeout = 0,
        }.ConnectionString;

    /// <summary>Bytes of WAL written so far.</summary>
    public Task<double> WalBytesAsync(CancellationToken cancel) =>
        NumberAsync(_postgres.AdministratorConnectionString, "select pg_current_wal_lsn() - '0/0'::pg_lsn", cancel);

    public Task<double> DatabaseBytesAsync(string connectionString, CancellationToken cancel) =>
        NumberAsync(connectionString, "select pg_database_size(current_database())", cancel);

    public static async Task ExecuteAsync(string connectionString, string statements, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(statements);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancel);
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        // Nothing is kept, so nothing has to be written back.
        await _postgres.StopAsync(new CancellationToken(canceled: true));
        Directory.Delete(_directory, recursive: true);
    }

    private static async Task<double> NumberAsync(string connectionString, string query, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(query);
        return Convert.ToDouble(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture);
    }

    private async Task AssertDurableAsync(CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(_postgres.ConnectionString);
        foreach (var setting in new[] { "fsync", "synchronous_commit", "full_page_writes" })
        {
            await using var command = source.CreateCommand($"show {setting}");
            if (await command.ExecuteScalarAsync(cancel) is not "on")
                throw new InvalidOperationException(
                    $"The server runs with {setting} off; its figures would be worth nothing.");
        }
    }
}
