using Npgsql;

namespace OperationTracker.Postgres.Schema;

/// <summary>
/// Compares the schema in the database with what the migrations of this build make, by having PostgreSQL make it in a
/// schema of its own, in a transaction that is rolled back.
/// </summary>
public sealed class SchemaValidation(TrackerDatabase database)
{
    /// <summary>
    /// What differs, a sentence each. Tables and functions of others, Marten's own among them, are not looked at; what
    /// is of ours or of the tables that we share is.
    /// </summary>
    public async Task<IReadOnlyList<string>> FindDifferencesAsync(CancellationToken cancel)
    {
        var migrations = new Migrations(database);
        var current = await migrations.CurrentAsync(cancel).ConfigureAwait(false);
        if (current != Migrations.Latest)
            return [$"The schema has version {current}, and this build expects {Migrations.Latest}."];

        var model = new SchemaName($"optrack_model_{Guid.NewGuid():N}");
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await using (var create = new NpgsqlCommand(Migrations.Statements(model), connection))
            await create.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        var expected = await DescribeAsync(connection, model, cancel).ConfigureAwait(false);
        var found = await DescribeAsync(connection, database.Schema, cancel).ConfigureAwait(false);
        await transaction.RollbackAsync(cancel).ConfigureAwait(false);

        var subjects = expected.Select(item => item.Table).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. expected.Except(found).Select(item => $"missing: {item.Table}: {item.Text}"),
            .. found.Where(item => subjects.Contains(item.Table)).Except(expected)
                .Select(item => $"unexpected: {item.Table}: {item.Text}"),
        ];
    }

    private async Task<HashSet<(string Table, string Text)>> DescribeAsync(
        NpgsqlConnection connection, SchemaName schema, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "describe_schema").With(schema.Name);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var description = new HashSet<(string, string)>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            description.Add((rows.GetString(0), rows.GetString(1)
                .Replace(schema.Quoted, "{schema}", StringComparison.Ordinal)
                .Replace($"{schema.Name}.", "{schema}.", StringComparison.Ordinal)
                .Replace($"optrack append {schema.Name}", "optrack append {schema}", StringComparison.Ordinal)));
        }

        return description;
    }
}
