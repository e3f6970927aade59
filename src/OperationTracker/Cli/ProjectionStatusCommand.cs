using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OperationTracker.Api;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Cli;

/// <summary><c>optrack projections list</c> and <c>status</c>: what there is, and what is being done to it.</summary>
internal static class ProjectionStatusCommand
{
    public static Command BuildList()
    {
        var json = ProjectionCommands.Json();
        var command = new Command("list", "Lists the projections.") { json };
        var database = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) => database.RunAsync(parsed, async opened =>
        {
            await ProjectionCommands.RequireSchemaAsync(opened, cancel);
            foreach (var name in ProjectionCatalog.Names)
                await ShowAsync(opened, name, Summary, parsed, json, cancel);
            return ExitCodes.Done;
        }));
        return command;
    }

    public static Command BuildStatus()
    {
        var name = ProjectionCommands.Name();
        var json = ProjectionCommands.Json();
        var command = new Command("status", "Shows a projection, and a rebuild of it wherever that runs.")
        {
            name, json,
        };
        var database = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            var known = ProjectionCommands.Require(parsed.GetValue(name)!);
            return database.RunAsync(parsed, async opened =>
            {
                await ProjectionCommands.RequireSchemaAsync(opened, cancel);
                await ShowAsync(opened, known, Details, parsed, json, cancel);
                return ExitCodes.Done;
            });
        });
        return command;
    }

    private static async Task ShowAsync(
        TrackerDatabase database, string name, Func<ProjectionState, IEnumerable<string>> lines, ParseResult parsed,
        Option<bool> json, CancellationToken cancel)
    {
        var terminal = new Terminal(parsed.InvocationConfiguration);
        var state = await new ProjectionCatalog(database).FindAsync(name, cancel)
            ?? throw new ExitException(ExitCodes.NotFound, $"The database knows no projection {name}.");
        if (parsed.GetValue(json))
        {
            terminal.WriteLine(JsonSerializer.Serialize(ProjectionJson.Of(state), ProjectionJson.Options));
            return;
        }

        foreach (var line in lines(state))
            terminal.WriteLine(line);
    }

    private static IEnumerable<string> Summary(ProjectionState state) =>
    [
        string.Create(
            CultureInfo.InvariantCulture,
            $"{state.Name}  inline  {state.Fingerprint}  position {state.Position}  about {state.Rows:N0} rows"
            + $"  {Size(state.Bytes)}"
            + $"  built {state.BuiltAt:u}  verified {(state.VerifiedAt is { } at ? $"{at:u}" : "never")}"),
    ];

    private static IEnumerable<string> Details(ProjectionState state)
    {
        yield return $"projection   {state.Name}, inline: written with the events, so it has no lag";
        yield return $"built by     {state.Fingerprint} at {state.BuiltAt:u}" + (state.IsOfThisBuild
            ? ""
            : $"; this build folds by {OperationProjection.Fingerprint}: see optrack projections preview,"
                + " then rebuild");
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"position     {state.Position}, about {state.Rows:N0} rows, {Size(state.Bytes)}");
        if (state.Behind > 0)
        {
            yield return string.Create(
                CultureInfo.InvariantCulture,
                $"behind       {state.Behind:N0} streams that another application appended to");
        }

        yield return state.VerifiedAt is { } verified
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"verified     {verified:u}: {state.VerifiedOperations:N0} operations, {state.Differences:N0} differed")
            : "verified     never as a whole";
        if (state.LastRebuild is not { } rebuild)
        {
            yield return "rebuilt      never";
            yield break;
        }

        yield return $"rebuild      number {rebuild.Id}, {rebuild.State},"
            + $" by process {rebuild.Process} on {rebuild.Host}";
        yield return $"started      {rebuild.StartedAt:u}"
            + (rebuild.FinishedAt is { } finished
                ? $", ended {finished:u}"
                : $", last sign of life {Seconds(rebuild.Silence)} ago");
        yield return $"progress     {ProgressReport.Line(rebuild.Progress)}";
        if (rebuild.LockMilliseconds is { } held)
            yield return string.Create(
                CultureInfo.InvariantCulture, $"swap         held the append lock for {held:0.0} ms");
        if (rebuild.Error is not null)
            yield return $"error        {rebuild.Error}";
        if (rebuild.IsSilent)
        {
            yield return $"silent       the lock is held, but no sign of life came for {Seconds(rebuild.Silence)}:"
                + $" look whether process {rebuild.Process} on {rebuild.Host} is stopped, and end it; --resume goes on";
        }
        else if (rebuild.CanBeResumed)
        {
            yield return "resume       optrack projections rebuild --resume";
        }
    }

    private static string Seconds(TimeSpan time) => ProgressReport.Duration(time);

    private static string Size(long bytes) => bytes < 10_000_000
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:N0} kB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N0} MB");
}
