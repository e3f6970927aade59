using System.Globalization;
using System.Text;
using Npgsql;

namespace OperationTracker.Postgres.Schema;

/// <summary>
/// Brings the schema to the form that this build expects. Migrations are numbered files, each applied in a transaction
/// of its own under an advisory lock, so that several nodes may start at once; a migration is never edited once
/// released.
/// </summary>
public sealed class Migrations(TrackerDatabase database)
{
    /// <summary>The version of the schema that this build expects: that of its last migration.</summary>
    public static int Latest { get; } = SqlTexts.MigrationFiles.Max(VersionOf);

    private string Schema => database.Schema.Quoted;

    /// <summary>The version of the schema in the database; 0 when there is none.</summary>
    public async Task<int> CurrentAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        return await CurrentAsync(connection, cancel).ConfigureAwait(false);
    }

    /// <summary>Applies what is missing and returns the files that were applied.</summary>
    /// <exception cref="SchemaTooNewException">A newer build has been here; this one must not write.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        var current = await CurrentAsync(connection, cancel).ConfigureAwait(false);
        RefuseNewer(current);
        if (current == Latest)
            return [];

        // Another node's migration may take long; then it is right to wait for it.
        await ExecuteAsync(
            connection, "set lock_timeout = '60s'; set statement_timeout = 0", cancel).ConfigureAwait(false);
        try
        {
            await ExecuteAsync(connection, $"select pg_advisory_lock({LockKey})", cancel).ConfigureAwait(false);
            return await ApplyAsync(connection, cancel).ConfigureAwait(false);
        }
        finally
        {
            // The session goes back to the pool: without the lock and with its own timeouts.
            await ExecuteAsync(
                connection, "select pg_advisory_unlock_all(); reset lock_timeout; reset statement_timeout",
                CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>All migrations as one script, for those who apply them by hand.</summary>
    public string Script()
    {
        var script = new StringBuilder();
        foreach (var file in SqlTexts.MigrationFiles)
        {
            script.Append(
                CultureInfo.InvariantCulture, $"-- {file}\nbegin;\n{StatementsOf(file, database.Schema)}\ncommit;\n\n");
        }

        return script.ToString();
    }

    /// <summary>All migrations for a schema, without transactions.</summary>
    internal static string Statements(SchemaName schema) =>
        string.Join('\n', SqlTexts.MigrationFiles.Select(file => StatementsOf(file, schema)));

    /// <summary>Says when the database's schema is newer than this build.</summary>
    /// <exception cref="SchemaTooNewException">It is.</exception>
    public void RefuseNewer(int current)
    {
        if (current > Latest)
            throw new SchemaTooNewException(database.Schema.Name, current, Latest);
    }

    private string LockKey => $"hashtextextended('optrack migrate {database.Schema.Name}', 0)";

    private async Task<IReadOnlyList<string>> ApplyAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var current = await CurrentAsync(connection, cancel).ConfigureAwait(false);
        RefuseNewer(current);
        string[] missing = [.. SqlTexts.MigrationFiles.Where(file => VersionOf(file) > current)];
        foreach (var file in missing)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await ExecuteAsync(connection, StatementsOf(file, database.Schema), cancel).ConfigureAwait(false);
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
        }

        return missing;
    }

    private static string StatementsOf(string file, SchemaName schema) => $"""
        create schema if not exists {schema.Quoted};
        create table if not exists {schema.Quoted}.schema_versions (
            version    int         not null constraint pk_schema_versions primary key,
            file       text        not null,
            applied_at timestamptz not null default now()
        );
        {new SqlTexts(schema).Migration(file)}
        insert into {schema.Quoted}.schema_versions (version, file)
        values ({VersionOf(file)}, '{Path.GetFileName(file)}');
        """;

    private async Task<int> CurrentAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var exists = new NpgsqlCommand("select to_regclass($1) is not null", connection)
            .With($"{Schema}.schema_versions");
        if (!(bool)(await exists.ExecuteScalarAsync(cancel).ConfigureAwait(false))!)
            return 0;
        await using var version = new NpgsqlCommand(
            $"select coalesce(max(version), 0) from {Schema}.schema_versions", connection);
        return (int)(await version.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string statements, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statements, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    private static int VersionOf(string file) =>
        int.Parse(Path.GetFileName(file).AsSpan(0, 4), NumberStyles.None, CultureInfo.InvariantCulture);
}

/// <summary>The schema was migrated by a newer build than this one.</summary>
public sealed class SchemaTooNewException(string schema, int found, int expected) : Exception(
    $"The schema {schema} has version {found}, but this build knows versions up to {expected}. Use the newer build.");
