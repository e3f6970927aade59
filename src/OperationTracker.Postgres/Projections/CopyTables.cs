using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// The tables that a rebuild makes beside those that are served: made, indexed, swapped in, cleared away.
/// </summary>
internal sealed class CopyTables(TrackerDatabase database)
{
    /// <summary>
    /// How long a client may take for its part of a swap while it holds the append lock. When it freezes there, the
    /// server ends its session, and the lock is free.
    /// </summary>
    private const string LongestAnswer = "set local idle_in_transaction_session_timeout = '150ms'";

    /// <summary>Makes them, empty and without indexes, in place of what an earlier rebuild has left.</summary>
    /// <exception cref="CannotSwapException">Something depends on the tables that are served.</exception>
    public async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await RequireNoDependentsAsync(connection, cancel).ConfigureAwait(false);
        await ExecuteAsync(connection, "drop_copies", cancel).ConfigureAwait(false);
        await ExecuteAsync(connection, "create_copies", cancel).ConfigureAwait(false);
    }

    /// <summary>Gives them the indexes that their originals have, each in a transaction of its own.</summary>
    public async Task IndexAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var statements = new List<string>();
        await using (var command = database.Command(connection, "list_missing_indexes"))
        await using (var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            while (await rows.ReadAsync(cancel).ConfigureAwait(false))
                statements.Add(rows.IsDBNull(1) ? rows.GetString(0) : $"{rows.GetString(0)}; {rows.GetString(1)}");
        }

        foreach (var statement in statements)
            await ExecuteTextAsync(connection, statement, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Lets the session build indexes with the help of others, as fits a system that nobody else uses.
    /// </summary>
    public static Task UseAllProcessorsAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        ExecuteTextAsync(connection, "set max_parallel_maintenance_workers = 2", cancel);

    /// <summary>
    /// Takes statistics. Which pages hold nothing but what everybody sees, as scans of an index alone want to know, the
    /// server notes by itself within a minute.
    /// </summary>
    public Task AnalyzeAsync(NpgsqlConnection connection, CancellationToken cancel) => ExecuteTextAsync(
        connection,
        $"analyze {database.Schema.Quoted}.operations_rebuild, {database.Schema.Quoted}.past_operations_rebuild",
        cancel);

    /// <summary>
    /// Swaps, or says which streams have changed since the horizon, and up to which position. All in one transaction
    /// without an answer in between.
    /// </summary>
    public async Task<(string[] Changed, long UpTo)> TrySwapAsync(
        NpgsqlConnection connection, RebuildLedger ledger, long horizon, TimeSpan patience, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(database.Sql["keep_vacuum_away"]));
        var swap = new NpgsqlBatchCommand(database.Sql["swap_operations"])
            .With(ledger.Id).With(ledger.Holder).With(horizon).With($"{patience.TotalMilliseconds:0}ms");
        batch.BatchCommands.Add(swap);
        var (changed, upTo) = (new List<string>(), horizon);
        await using var rows = await batch.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            changed.Add(rows.GetString(0));
            upTo = rows.GetInt64(1);
        }

        return ([.. changed], upTo);
    }

    /// <summary>
    /// Swaps while the append lock is held over two answers: for a log so busy that between two statements something
    /// always changes. False when too much has.
    /// </summary>
    /// <param name="connection">Holds the lock.</param>
    /// <param name="ledger">The rebuild.</param>
    /// <param name="catchUp">Folds these streams, and writes them within this connection's transaction.</param>
    /// <param name="most">Streams that may be folded under the lock.</param>
    /// <param name="patience">How long readers of the tables are waited for.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task<bool> SwapHoldingAsync(
        NpgsqlConnection connection, RebuildLedger ledger, Func<string[], Task> catchUp, int most, TimeSpan patience,
        CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await ExecuteTextAsync(connection, LongestAnswer, cancel).ConfigureAwait(false);
        var (changed, upTo) = await TrySwapAsync(connection, ledger, ledger.Horizon, patience, cancel)
            .ConfigureAwait(false);
        if (changed.Length > most)
            return false;
        if (changed.Length > 0)
        {
            await catchUp(changed).ConfigureAwait(false);
            await TrySwapAsync(connection, ledger, upTo, patience, cancel).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return true;
    }

    /// <summary>Who holds the tables that are to be replaced, in words.</summary>
    public async Task<string> FindUsersAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var users = new List<string>();
        await using var command = database.Command(connection, "list_table_users");
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            users.Add($"{rows.GetString(1)} (backend {rows.GetInt32(0)}, for {rows.GetDouble(2):0.0} s)");
        return users.Count == 0 ? "a reader that has gone" : string.Join(", ", users);
    }

    private async Task RequireNoDependentsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var dependents = new List<string>();
        await using var command = database.Command(connection, "find_dependents");
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            dependents.Add(rows.GetString(0));
        if (dependents.Count > 0)
            throw new CannotSwapException(dependents);
    }

    private Task ExecuteAsync(NpgsqlConnection connection, string name, CancellationToken cancel) =>
        ExecuteTextAsync(connection, database.Sql[name], cancel);

    private static async Task ExecuteTextAsync(NpgsqlConnection connection, string statement, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }
}

/// <summary>Something that is not the tracker's depends on the tables, and would go on with the old ones.</summary>
public sealed class CannotSwapException(IReadOnlyList<string> dependents) : Exception(
    $"A rebuild replaces the table operations, and these depend on it: {string.Join(", ", dependents)}."
    + " Drop them first and make them anew afterwards, or repair single rows with optrack projections heal.");
