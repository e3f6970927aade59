using System.CommandLine;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Schema;

namespace OperationTracker.Cli;

/// <summary><c>optrack db</c>: the schema of a database that its operator migrates by hand.</summary>
internal static class DatabaseCommands
{
    public static Command Build() => new("db", "Migrates, checks or prints the database schema.")
    {
        Migrate(), Validate(), Script(),
    };

    private static Command Migrate() => OnDatabase(
        "migrate", "Applies the migrations that are missing.", async (database, output, cancel) =>
        {
            var applied = await new Migrations(database).MigrateAsync(cancel);
            foreach (var file in applied)
                await output.WriteLineAsync($"applied {file}");
            await output.WriteLineAsync(
                $"The schema {database.Schema.Name} has version {Migrations.Latest}"
                + (applied.Count == 0 ? " already." : "."));
            return ExitCodes.Done;
        });

    private static Command Validate() => OnDatabase(
        "validate", "Compares the schema with what this build expects.", async (database, output, cancel) =>
        {
            var differences = await new SchemaValidation(database).FindDifferencesAsync(cancel);
            foreach (var difference in differences)
                await output.WriteLineAsync(difference);
            await output.WriteLineAsync(differences.Count == 0
                ? $"The schema {database.Schema.Name} is as this build expects it."
                : $"{differences.Count} differences.");
            return differences.Count == 0 ? ExitCodes.Done : ExitCodes.DifferencesFound;
        });

    private static Command Script()
    {
        var settings = new ServeSettings();
        var command = new Command("script", "Prints all migrations as SQL.");
        settings.AddDatabaseTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            await using var database = new TrackerDatabase("Host=unused", settings.Schema(parsed));
            await parsed.InvocationConfiguration.Output.WriteAsync(new Migrations(database).Script());
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command OnDatabase(
        string name, string description, Func<TrackerDatabase, TextWriter, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        var options = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) => options.RunAsync(
            parsed, database => run(database, parsed.InvocationConfiguration.Output, cancel)));
        return command;
    }
}
