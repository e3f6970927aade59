using System.Globalization;
using Npgsql;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Tests.Embedded;

namespace OperationTracker.Tests;

/// <summary>
/// The one PostgreSQL server that all tests of this process share, started by the product's own launcher when the first
/// test asks for it, and deleted with its data when the process ends. Tests get databases, not the server.
/// </summary>
public static class PostgresServer
{
    private const int Connections = 300;

    /// <summary>What the server wrote, as the tracker's log would have it.</summary>
    public static CapturedLog Log { get; } = new();

    private static readonly Lazy<Task<EmbeddedPostgres>> Server = new(StartAsync);

    /// <summary>The superuser's connection to the database <c>postgres</c> of the shared server.</summary>
    public static async Task<string> AdministratorAsync() => (await Server.Value).AdministratorConnectionString;

    /// <summary>
    /// A new database, empty or a copy of another one, which nobody may be connected to while it is copied. Returns
    /// the connection string of its owner, who is no superuser, as in production.
    /// </summary>
    public static async Task<string> CreateDatabaseAsync(string? template = null)
    {
        var server = await Server.Value;
        var name = "test_" + Guid.NewGuid().ToString("N");
        var source = template is null ? "template1" : DatabaseOf(template);
        if (template is not null) ClearPool(template);
        await ExecuteAsync(server, $"create database \"{name}\" owner optrack template \"{source}\"");
        return new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Drops a database, and ends whatever is connected to it.</summary>
    public static async Task DropDatabaseAsync(string connectionString)
    {
        ClearPool(connectionString);
        await ExecuteAsync(
            await Server.Value, $"drop database if exists \"{DatabaseOf(connectionString)}\" with (force)");
    }

    /// <summary>A template may be named by its connection string or by its name.</summary>
    private static string DatabaseOf(string database) =>
        database.Contains('=') ? new NpgsqlConnectionStringBuilder(database).Database! : database;

    private static void ClearPool(string database)
    {
        if (!database.Contains('=')) return;
        using var connection = new NpgsqlConnection(database);
        NpgsqlConnection.ClearPool(connection);
    }

    private static async Task ExecuteAsync(EmbeddedPostgres server, string statement)
    {
        await using var session = new NpgsqlConnection(server.AdministratorConnectionString);
        await session.OpenAsync();
        await using var command = new NpgsqlCommand(statement, session);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<EmbeddedPostgres> StartAsync()
    {
        var directory = TestDirectory.Create("server");
        var options = new EmbeddedPostgresOptions
        {
            DataDirectory = directory,
            BinDirectory = Environment.GetEnvironmentVariable("OPTRACK_PG_BIN"),
            MaxConnections = Connections,
            FillLogAfter = Timeout.InfiniteTimeSpan,
        };
        try
        {
            var server = await EmbeddedPostgres.StartAsync(
                options, Log, TimeProvider.System, CancellationToken.None);
            TestDirectory.DeleteAfterThisProcess(directory, until: "postgres/postmaster.pid");
            // There is nothing to keep, so nothing is written back: the test host gets only a moment to end.
            AppDomain.CurrentDomain.ProcessExit += (_, _) => server.StopAsync(new CancellationToken(canceled: true));
            return server;
        }
        catch (EmbeddedPostgresException e)
        {
            TestDirectory.Delete(directory);
            throw new InvalidOperationException(string.Create(
                CultureInfo.InvariantCulture, $"The tests need a PostgreSQL server of their own: {e.Message}"), e);
        }
    }
}
