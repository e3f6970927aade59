using OperationTracker.Core.EventStore;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;
using OperationTracker.Postgres.Schema;

namespace OperationTracker.Hosting;

/// <summary>
/// Brings the schema up to date when the node starts, and keeps trying while the database is away: a tracker that
/// starts before its database waits for it, and answers 503 meanwhile.
/// </summary>
internal sealed partial class SchemaStartup(
    TrackerDatabase database, PostgresEventStore store, ProjectionWatch projection, Readiness readiness,
    TimeProvider clock, ILogger<SchemaStartup> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns when the node can serve.</summary>
    /// <exception cref="SchemaTooNewException">It never will: a newer build has been here.</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        string? told = null;
        while (true)
        {
            try
            {
                await PrepareAsync(cancel);
                await projection.LookAtFingerprintAsync(cancel);
                readiness.NotServing = null;
                store.StartBackgroundWork();
                projection.Start();
                return;
            }
            catch (Exception fault) when (fault is not (SchemaTooNewException or OperationCanceledException))
            {
                var known = TrackerDatabase.Explain(fault);
                readiness.NotServing = known;
                if (told != known.Message)
                    LogWaiting(told = known.Message);
            }

            await Task.Delay(Pause, clock, cancel);
        }
    }

    private async Task PrepareAsync(CancellationToken cancel)
    {
        var migrations = new Migrations(database);
        if (await database.IsReadOnlyAsync(cancel))
        {
            var current = await migrations.CurrentAsync(cancel);
            migrations.RefuseNewer(current);
            if (current < Migrations.Latest)
            {
                throw new EventStoreException(
                    StoreFailure.RefusedForNow,
                    $"The database is read-only and its schema has version {current} where"
                    + $" {Migrations.Latest} is needed.");
            }

            LogReadOnly();
            return;
        }

        foreach (var file in await migrations.MigrateAsync(cancel))
            LogMigrated(file);
    }

    [LoggerMessage(3001, LogLevel.Warning, "Waiting for the database: {Reason}")]
    private partial void LogWaiting(string reason);

    [LoggerMessage(3002, LogLevel.Information, "Applied the migration {File}")]
    private partial void LogMigrated(string file);

    [LoggerMessage(3003, LogLevel.Warning, "The database is read-only: GET is served, PUT is told to come back")]
    private partial void LogReadOnly();
}
