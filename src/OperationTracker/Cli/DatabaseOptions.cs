using System.CommandLine;
using OperationTracker.Core.EventStore;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Postgres.Schema;

namespace OperationTracker.Cli;

/// <summary>
/// The options that every command which works on a database itself has. Without a database named, it is the one in the
/// PostgreSQL that a tracker runs on its data directory.
/// </summary>
internal sealed class DatabaseOptions
{
    private readonly ServeSettings _settings = new();

    public static DatabaseOptions AddTo(Command command)
    {
        var options = new DatabaseOptions();
        options._settings.AddDatabaseTo(command);
        return options;
    }

    /// <summary>Runs a command on the database, and turns what its environment may do to it into exit codes.</summary>
    /// <exception cref="ExitException">The database is not there, refuses, or is not of this build's kind.</exception>
    public async Task<int> RunAsync(ParseResult parsed, Func<TrackerDatabase, Task<int>> run)
    {
        try
        {
            await using var database = Open(parsed);
            return await run(database);
        }
        catch (EmbeddedPostgresException fault)
        {
            throw new ExitException(ExitCodes.Of(fault.Kind), fault.Message);
        }
        catch (SchemaTooNewException fault)
        {
            throw new ExitException(ExitCodes.Failed, fault.Message);
        }
        catch (Exception fault) when (fault is Npgsql.NpgsqlException or EventStoreException)
        {
            var known = TrackerDatabase.Explain(fault);
            throw new ExitException(
                known.Failure == StoreFailure.Failed ? ExitCodes.Failed : ExitCodes.Unavailable, known.Message);
        }
    }

    private TrackerDatabase Open(ParseResult parsed)
    {
        var connectionString = _settings.Database(parsed) ?? RunningServer.Find(_settings.DataDirectory(parsed));
        try
        {
            return new TrackerDatabase(connectionString, _settings.Schema(parsed));
        }
        catch (ArgumentException fault)
        {
            throw new ExitException(ExitCodes.Usage, fault.Message);
        }
    }
}
