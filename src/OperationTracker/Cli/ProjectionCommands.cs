using System.CommandLine;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;
using OperationTracker.Postgres.Schema;

namespace OperationTracker.Cli;

/// <summary><c>optrack projections</c>: the tables that are made from the events.</summary>
internal static class ProjectionCommands
{
    public static Command Build() => new(
        "projections", "Rebuilds, verifies and shows the tables that are made from the events.")
    {
        ProjectionRebuildCommand.Build(),
        ProjectionVerifyCommand.BuildVerify(),
        ProjectionVerifyCommand.BuildHeal(),
        ProjectionPreviewCommand.Build(),
        ProjectionStatusCommand.BuildList(),
        ProjectionStatusCommand.BuildStatus(),
    };

    /// <summary>The projection's name: there is one, so it need not be said.</summary>
    public static Argument<string> Name() => new("name")
    {
        Description = $"The projection; without it {ProjectionRebuild.Operations}.",
        Arity = ArgumentArity.ZeroOrOne,
        DefaultValueFactory = _ => ProjectionRebuild.Operations,
        HelpName = "NAME",
    };

    public static Option<bool> Json() => new("--json")
    {
        Description = "Print JSON objects, one a line, for programs.",
    };

    /// <exception cref="ExitException">There is no such projection.</exception>
    public static string Require(string name) => ProjectionCatalog.Names.Contains(name, StringComparer.Ordinal)
        ? name
        : throw new ExitException(
            ExitCodes.NotFound,
            $"There is no projection {name}. There is: {string.Join(", ", ProjectionCatalog.Names)}.");

    /// <exception cref="ExitException">The schema is not of this build.</exception>
    public static async Task RequireSchemaAsync(TrackerDatabase database, CancellationToken cancel)
    {
        var migrations = new Migrations(database);
        var current = await migrations.CurrentAsync(cancel);
        migrations.RefuseNewer(current);
        if (current == 0)
            throw new ExitException(
                ExitCodes.Failed, $"There is no tracker in the schema {database.Schema.Name} of this database.");
        if (current < Migrations.Latest)
        {
            throw new ExitException(
                ExitCodes.Failed,
                $"The schema {database.Schema.Name} has version {current},"
                + $" and this build works on version {Migrations.Latest}."
                + " Run optrack db migrate.");
        }
    }

    /// <summary>Runs work on a projection, and says in a sentence what keeps it from being done.</summary>
    public static async Task<int> RunAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception fault) when (fault is ProjectionLockedException or RebuildLostException or CannotSwapException)
        {
            throw new ExitException(ExitCodes.Conflict, fault.Message);
        }
        catch (NothingToResumeException fault)
        {
            throw new ExitException(ExitCodes.NotFound, fault.Message);
        }
        catch (EventFaultException fault)
        {
            throw new ExitException(ExitCodes.Failed, fault.Message);
        }
        catch (Npgsql.PostgresException fault) when (TrackerDatabase.IsNotAllowed(fault))
        {
            throw new ExitException(
                ExitCodes.Failed,
                "The database does not let this role do it, or is a standby."
                + " Writing needs the role that owns the tracker's"
                + " schema, verifying and previewing one that may read its tables.");
        }
    }
}
