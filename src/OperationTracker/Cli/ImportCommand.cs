using System.CommandLine;
using System.Globalization;
using OperationTracker.Core.Bundle;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Bundle;
using OperationTracker.Postgres.Projections;
using OperationTracker.Postgres.Schema;

namespace OperationTracker.Cli;

/// <summary><c>optrack import</c> and <c>optrack audit bundle</c>: what can be done with an evidence bundle.</summary>
internal static class ImportCommand
{
    public static Command Build()
    {
        var file = FileArgument();
        var key = AuditCommands.KeyOption(
            "The log's public key; without one, the checkpoint's signature is not checked.");
        var command = new Command("import", "Checks a bundle and puts it into an empty tracker.") { file, key };
        var options = DatabaseOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var path = parsed.GetRequiredValue(file);
            var contents = await CheckAsync(path, parsed.GetValue(key), cancel);
            return await options.RunAsync(parsed, async database =>
            {
                await new Migrations(database).MigrateAsync(cancel);
                if (await new BundleImport(database, path).RunAsync(Operator.Name, cancel) is null)
                    throw new ExitException(
                        ExitCodes.Conflict, "The tracker is not empty; a bundle is imported into an empty one.");
                await RebuildAsync(database, cancel);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(Sentence(contents) + " Imported.");
                return ExitCodes.Done;
            });
        });
        return command;
    }

    public static Command BuildCheck()
    {
        var file = FileArgument();
        var key = AuditCommands.KeyOption(
            "The log's public key; without one, the checkpoint's signature is not checked.");
        var command = new Command("bundle", "Checks a bundle, without any server.") { file, key };
        command.SetAction(async (parsed, cancel) =>
        {
            var contents = await CheckAsync(parsed.GetRequiredValue(file), parsed.GetValue(key), cancel);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                Sentence(contents) + " The bundle is as it was written.");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Argument<string> FileArgument() => new("FILE") { Description = "What 'optrack export' wrote." };

    private static async Task<BundleContents> CheckAsync(string path, string? keyFile, CancellationToken cancel)
    {
        using var key = keyFile is null ? null : AuditKey.Read(keyFile);
        try
        {
            return await new BundleCheck(path).RunAsync(key, cancel);
        }
        catch (BundleException fault)
        {
            throw new ExitException(ExitCodes.VerificationFailed, $"{path}: {fault.Message}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new ExitException(ExitCodes.Usage, $"{path} cannot be read: {fault.Message}");
        }
    }

    /// <summary>The views, and those before them, as the write path would have made them.</summary>
    private static Task<RebuildProgress> RebuildAsync(TrackerDatabase database, CancellationToken cancel) =>
        new ProjectionRebuild(
            database, new RebuildOptions { OnFault = OnEventFault.SkipAndReport }, TimeProvider.System,
            _ => { }, _ => { }).RunAsync(cancel);

    private static string Sentence(BundleContents contents) => string.Create(
        CultureInfo.InvariantCulture,
        $"{contents.Operations} operations with {contents.Events} events of the log {contents.Checkpoint.Origin}"
        + $" at position {contents.Checkpoint.Size}, {(contents.IsSigned ? "signed" : "its signature not checked")}.");
}
