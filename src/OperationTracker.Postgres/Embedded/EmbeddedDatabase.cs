using System.Security.Cryptography;
using Npgsql;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// The tracker's database in its private server, its owner, who is no superuser, and the password with which programs
/// of this machine connect over loopback.
/// </summary>
internal static class EmbeddedDatabase
{
    public const string Name = "optrack";
    public const string Owner = "optrack";
    public const string Administrator = "postgres";

    private const string Loopback = "127.0.0.1";
    private const int PasswordBytes = 24;

    public static string Connection(string sockets, int? port, string user, string database) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = sockets,
            Port = port ?? NpgsqlConnection.DefaultPort,
            Username = user,
            Database = database,
            SslMode = SslMode.Disable,
        }.ConnectionString;

    /// <summary>Makes the owner and the database if they are not there; a crash in between does no harm.</summary>
    public static async Task CreateAsync(string administrator, CancellationToken cancel)
    {
        await using var session = new NpgsqlConnection(administrator);
        await session.OpenAsync(cancel);
        if (!await ExistsAsync(session, "select 1 from pg_roles where rolname = $1", Owner, cancel))
            await ExecuteAsync(session, $"create role {Owner} login", cancel);
        if (!await ExistsAsync(session, "select 1 from pg_database where datname = $1", Name, cancel))
            await ExecuteAsync(session, $"create database {Name} owner {Owner}", cancel);
    }

    /// <summary>
    /// Gives the owner a password, kept in a file that only the tracker's user can read, in libpq's own format; the
    /// connection string names the file, so that it can be shown and logged.
    /// </summary>
    public static async Task<string> OpenLoopbackAsync(
        string administrator, string passwordFile, int port, CancellationToken cancel)
    {
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(PasswordBytes));
        await using var session = new NpgsqlConnection(administrator);
        await session.OpenAsync(cancel);
        await ExecuteAsync(session, $"alter role {Owner} password '{password}'", cancel);

        var temporary = passwordFile + ".new";
        await File.WriteAllTextAsync(temporary, "", cancel);
        Posix.ChangeMode(temporary, Convert.ToInt32("600", 8));
        await File.WriteAllTextAsync(temporary, $"{Loopback}:{port}:{Name}:{Owner}:{password}\n", cancel);
        File.Move(temporary, passwordFile, overwrite: true);
        return new NpgsqlConnectionStringBuilder
        {
            Host = Loopback,
            Port = port,
            Username = Owner,
            Database = Name,
            Passfile = passwordFile,
            SslMode = SslMode.Disable,
        }.ConnectionString;
    }

    private static async Task<bool> ExistsAsync(
        NpgsqlConnection session, string query, string name, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(query, session) { Parameters = { new() { Value = name } } };
        return await command.ExecuteScalarAsync(cancel) is not null;
    }

    private static async Task ExecuteAsync(NpgsqlConnection session, string statement, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statement, session);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
