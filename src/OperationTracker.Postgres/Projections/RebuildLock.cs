using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// The right to write a projection's tables as a whole: an advisory lock of a session of its own, which ends with the
/// process that holds it, however it ends. The same session gives the signs of life, so that who lost the lock notices.
/// </summary>
internal sealed class RebuildLock : IAsyncDisposable
{
    private RebuildLock(NpgsqlConnection connection) => Connection = connection;

    public NpgsqlConnection Connection { get; }

    /// <summary>The key of the lock, an expression over the schema's and the projection's name.</summary>
    public static string KeyOf(TrackerDatabase database, string projection) =>
        $"hashtextextended('optrack projection {projection} {database.Schema.Name}', 0)";

    /// <summary>
    /// The key of the fence: shared by each transaction that writes for a rebuild, taken alone to give the rebuild
    /// another holder, so that whoever held it before, and does not know yet that it lost the lock, has finished or
    /// never begins.
    /// </summary>
    public static string FenceOf(TrackerDatabase database) =>
        $"hashtextextended('optrack fence {database.Schema.Name}', 0)";

    /// <exception cref="ProjectionLockedException">Somebody else holds it; the message says who.</exception>
    public static async Task<RebuildLock> TakeAsync(
        TrackerDatabase database, string projection, CancellationToken cancel)
    {
        var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        try
        {
            await using var take = new NpgsqlCommand(
                $"select pg_try_advisory_lock({KeyOf(database, projection)})", connection);
            if (await take.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true)
                return new RebuildLock(connection);
            var holder = await RebuildLedger.FindAsync(database, connection, projection, cancel).ConfigureAwait(false);
            throw new ProjectionLockedException(projection, holder);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await using var free = new NpgsqlCommand("select pg_advisory_unlock_all()", Connection);
            await free.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is NpgsqlException or InvalidOperationException)
        {
            // With its session the lock is gone too.
        }

        await Connection.DisposeAsync().ConfigureAwait(false);
    }
}

/// <summary>Somebody else is rebuilding the projection, or healing it.</summary>
public sealed class ProjectionLockedException(string projection, RebuildState? holder) : Exception(
    holder is { State: RebuildState.Running }
        ? $"A rebuild of {projection} is running since {holder.StartedAt:u},"
            + $" on {holder.Host} as process {holder.Process};"
            + $" its last sign of life was {holder.Silence.TotalSeconds:0} s ago."
        : $"Another command works on {projection}.");
