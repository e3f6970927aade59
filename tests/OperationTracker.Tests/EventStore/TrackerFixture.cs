using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Schema;

namespace OperationTracker.Tests.EventStore;

/// <summary>A store over a database of its own: a copy of one that was migrated once for all tests.</summary>
internal sealed class TrackerFixture : IAsyncDisposable
{
    private static readonly Lazy<Task<string>> Template = new(MigrateAsync);
    private static readonly SemaphoreSlim Copying = new(1);

    private TrackerFixture(string connectionString)
    {
        ConnectionString = connectionString;
        Database = new TrackerDatabase(connectionString, SchemaName.Default);
        Store = NewStore(Database);
    }

    public string ConnectionString { get; }

    public TrackerDatabase Database { get; }

    public PostgresEventStore Store { get; }

    public static async Task<TrackerFixture> CreateAsync() => new(await CreateDatabaseAsync());

    /// <summary>A database with the tracker's schema, and no store over it yet.</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        var template = await Template.Value;
        await Copying.WaitAsync();
        try
        {
            return await PostgresServer.CreateDatabaseAsync(template);
        }
        finally
        {
            Copying.Release();
        }
    }

    /// <summary>Another node over the same database.</summary>
    public static PostgresEventStore NewStore(TrackerDatabase database) =>
        new(database, TimeProvider.System, NullLogger<PostgresEventStore>.Instance);

    /// <summary>Runs statements past the tracker, as its operator or an enemy could.</summary>
    public async Task<object?> ExecuteAsync(string statements)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statements, connection);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Database.DisposeAsync();
        await PostgresServer.DropDatabaseAsync(ConnectionString);
    }

    private static async Task<string> MigrateAsync()
    {
        var connectionString = await PostgresServer.CreateDatabaseAsync();
        await using var database = new TrackerDatabase(connectionString, SchemaName.Default);
        await new Migrations(database).MigrateAsync(CancellationToken.None);
        return connectionString;
    }
}
