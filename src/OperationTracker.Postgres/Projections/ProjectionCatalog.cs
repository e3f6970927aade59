using Npgsql;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Projections;

/// <summary>A projection as it stands.</summary>
/// <param name="Name">The name of its table.</param>
/// <param name="Fingerprint">Of the fold that built the table.</param>
/// <param name="BuiltAt">When the table was last built as a whole.</param>
/// <param name="Position">
/// The position of the log up to which it holds every change: it is written with the events.
/// </param>
/// <param name="Behind">Streams that other applications appended to, and whose rows are not caught up yet.</param>
/// <param name="Rows">Rows, about, as the database's statistics have them.</param>
/// <param name="Bytes">Bytes of the table with its indexes and side tables.</param>
/// <param name="VerifiedAt">When all of it was last verified; null for never.</param>
/// <param name="VerifiedOperations">How many operations were compared then.</param>
/// <param name="Differences">How many rows differed then.</param>
/// <param name="LastRebuild">Its last rebuild; null when there was none.</param>
public sealed record ProjectionState(
    string Name, string Fingerprint, DateTimeOffset BuiltAt, long Position, long Behind, long Rows, long Bytes,
    DateTimeOffset? VerifiedAt, long? VerifiedOperations, long? Differences, RebuildState? LastRebuild)
{
    /// <summary>Whether this build's fold is the one that built the table.</summary>
    public bool IsOfThisBuild => Fingerprint == OperationProjection.Fingerprint;
}

/// <summary>Reads what is known of the projections, from any machine.</summary>
public sealed class ProjectionCatalog(TrackerDatabase database)
{
    /// <summary>The projections there are.</summary>
    public static IReadOnlyList<string> Names { get; } = [ProjectionRebuild.Operations];

    /// <summary>A projection; null when there is none of that name.</summary>
    /// <exception cref="Core.EventStore.EventStoreException">The database could not answer.</exception>
    public async Task<ProjectionState?> FindAsync(string name, CancellationToken cancel)
    {
        try
        {
            await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
            var rebuild = await RebuildLedger.FindAsync(database, connection, name, cancel).ConfigureAwait(false);
            await using var command = database.Command(connection, "find_projection").With(name);
            await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            return await row.ReadAsync(cancel).ConfigureAwait(false)
                ? new ProjectionState(
                    name, row.GetString(0), row.GetFieldValue<DateTimeOffset>(1), row.GetInt64(5), row.GetInt64(6),
                    row.GetInt64(7), row.GetInt64(8), row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
                    row.IsDBNull(3) ? null : row.GetInt64(3), row.IsDBNull(4) ? null : row.GetInt64(4), rebuild)
                : null;
        }
        catch (Exception fault) when (fault is NpgsqlException or TimeoutException or IOException)
        {
            throw PostgresErrors.BeforeSending(fault);
        }
    }

    /// <summary>
    /// The fingerprint of the fold that built the table. A table without rows was built by every fold, so it is marked
    /// as this build's.
    /// </summary>
    public async Task<string?> AdoptAsync(string name, CancellationToken cancel)
    {
        await using var connection = await database.OpenMaintenanceAsync(cancel).ConfigureAwait(false);
        try
        {
            await using var adopt = database.Command(connection, "adopt_empty")
                .With(name).With(OperationProjection.Fingerprint);
            await adopt.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException fault) when (PostgresErrors.IsNotAllowed(fault))
        {
            // A standby.
        }

        await using var command = database.Command(connection, "find_fingerprint").With(name);
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) as string;
    }
}
