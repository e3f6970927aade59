using Npgsql;

namespace OperationTracker.Tests;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task A_copied_database_has_what_its_template_had_and_no_more_after_it_is_dropped()
    {
        var template = await PostgresServer.CreateDatabaseAsync();
        await ExecuteAsync(template, "create table kept as select 42 as answer");

        var copy = await PostgresServer.CreateDatabaseAsync(template);

        (await ExecuteAsync(copy, "select answer from kept")).ShouldBe(42);
        await PostgresServer.DropDatabaseAsync(copy);
        await PostgresServer.DropDatabaseAsync(template);
        var gone = await Should.ThrowAsync<PostgresException>(() => ExecuteAsync(copy, "select 1"));
        gone.SqlState.ShouldBe(PostgresErrorCodes.InvalidCatalogName);
    }

    private static async Task<object?> ExecuteAsync(string connectionString, string statement)
    {
        await using var session = new NpgsqlConnection(connectionString);
        await session.OpenAsync();
        await using var command = new NpgsqlCommand(statement, session);
        return await command.ExecuteScalarAsync();
    }
}
