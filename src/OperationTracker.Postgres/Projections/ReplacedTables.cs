using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Clears away the tables that a rebuild has replaced, when nobody is at work: to free a gigabyte keeps the disk of
/// some machines busy for a second or two, and each commit waits for it (decision 0007). Until then, for an hour at
/// most, they take their space. What a rebuild leaves, the nodes that watch the projection drop, or the next rebuild.
/// </summary>
internal sealed class ReplacedTables(TrackerDatabase database, TimeProvider clock)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    /// <summary>Drops them when nobody is at work for a second, or when they have been there for long.</summary>
    /// <returns>Whether there were any, and are no more.</returns>
    public async Task<bool> DropWhenQuietAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "find_replaced");
        if (await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is not bool isDue)
            return false;
        return (isDue || await IsQuietAsync(connection, cancel).ConfigureAwait(false))
            && await DropAsync(connection, cancel).ConfigureAwait(false);
    }

    /// <summary>Drops them now. Whoever still reads them is waited for briefly.</summary>
    /// <returns>Whether they are gone.</returns>
    public async Task<bool> DropAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            await using var drop = database.Command(connection, "drop_replaced");
            await drop.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException fault) when (PostgresErrors.IsContention(fault) || PostgresErrors.IsNotAllowed(fault))
        {
            // Left to the next one, or to a role that may.
            return false;
        }
    }

    private async Task<bool> IsQuietAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        using var others = new GiveWay(database, clock);
        return !await others.LookAroundAsync(connection, BetweenLooks, cancel).ConfigureAwait(false);
    }
}
