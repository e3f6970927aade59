using System.CommandLine;
using System.Globalization;
using OperationTracker.Api;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Cli;

/// <summary>
/// <c>optrack projections rebuild</c>: all of a table beside its readers, or some rows where they are.
/// </summary>
internal static class ProjectionRebuildCommand
{
    public static Command Build()
    {
        var name = ProjectionCommands.Name();
        var streams = new Option<string[]>("--stream")
        {
            Description = "Only this operation, where its row is; may be given more than once.", HelpName = "ID",
        };
        var where = WhereFilter.Option(
            "Only operations that the list finds, as status=failed; all that are given must hold");
        var since = new Option<string?>("--since")
        {
            Description = "Only operations with events since this instant, as 2026-11-20T09:00:00Z.",
            HelpName = "INSTANT",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Fold and count, and write nothing." };
        var resume = new Option<bool>("--resume")
        {
            Description = "Go on with the last rebuild, which did not come to its end.",
        };
        var json = ProjectionCommands.Json();
        var command = new Command("rebuild", "Makes a table anew from the events, while it is read and written.")
        {
            name, streams, where, since, dryRun, resume, json,
        };
        var walk = WalkOptions.AddTo(command, mayFail: true);
        var database = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            ProjectionCommands.Require(parsed.GetValue(name)!);
            var part = new Part(
                parsed.GetValue(streams) ?? [], WhereFilter.Read(parsed.GetValue(where) ?? []),
                ReadInstant(parsed.GetValue(since)));
            if (parsed.GetValue(resume) && (part.IsSome || parsed.GetValue(dryRun)))
                throw new ExitException(
                    ExitCodes.Usage, "--resume goes on with a whole rebuild; it takes no part and no --dry-run.");
            return database.RunAsync(parsed, opened => ProjectionCommands.RunAsync(async () =>
            {
                await ProjectionCommands.RequireSchemaAsync(opened, cancel);
                using var report = new ProgressReport(
                    parsed.InvocationConfiguration, parsed.GetValue(json), TimeProvider.System);
                var options = walk.Read(parsed, parsed.GetValue(resume));
                return part.IsSome ? await RepairAsync(opened, options, part, parsed.GetValue(dryRun), report, cancel)
                    : parsed.GetValue(dryRun) ? await CountAsync(opened, options, report, cancel)
                    : await RebuildAsync(opened, options, report, cancel);
            }));
        });
        return command;
    }

    private static async Task<int> RebuildAsync(
        TrackerDatabase database, RebuildOptions options, ProgressReport report, CancellationToken cancel)
    {
        var rebuild = new ProjectionRebuild(database, options, TimeProvider.System, report.Progress, report.Fault);
        try
        {
            var result = await rebuild.RunAsync(cancel);
            report.End(ProjectionJson.Of(result), Sentence("Rebuilt", result, ""));
            return ExitCodes.Done;
        }
        catch (OperationCanceledException)
        {
            throw new ExitException(
                ExitCodes.Interrupted, "Interrupted. optrack projections rebuild --resume goes on where it stopped.");
        }
        catch (EventFaultException fault)
        {
            throw new ExitException(
                ExitCodes.Failed,
                fault.Message
                + " Nothing was replaced. Go on with --resume once that is settled, or with --resume --on-error"
                + " skip-and-report to fold it as no change.");
        }
    }

    private static async Task<int> CountAsync(
        TrackerDatabase database, RebuildOptions options, ProgressReport report, CancellationToken cancel)
    {
        var count = new DryRebuild(database, options, TimeProvider.System);
        var result = await count.RunAsync(report.Progress, report.Fault, cancel);
        report.End(ProjectionJson.Of(result), Sentence("Would rebuild", result, " Nothing was written."));
        return ExitCodes.Done;
    }

    private static async Task<int> RepairAsync(
        TrackerDatabase database, RebuildOptions options, Part part, bool dryRun, ProgressReport report,
        CancellationToken cancel)
    {
        var repair = new ViewRepair(database, options, TimeProvider.System, "projections rebuild", Operator.Name);
        var ids = await part.FindAsync(repair, cancel);
        if (dryRun)
        {
            var verified = await new ViewVerification(database, options, TimeProvider.System)
                .RunAsync(ids, _ => { }, report.Fault, cancel);
            report.End(
                new { verified.Operations, verified.Events, Written = verified.Differences, DryRun = true },
                $"Would fold {verified.Operations:N0} operations with {verified.Events:N0} events, and write"
                + $" {verified.Differences:N0} rows. Nothing was written.");
            return ExitCodes.Done;
        }

        var result = await repair.RunAsync(ids, _ => { }, report.Fault, cancel);
        report.End(
            new { result.Operations, result.Events, result.Written, result.Unrepaired },
            $"Folded {result.Operations:N0} operations with {result.Events:N0} events;"
            + $" {result.Written:N0} rows differed and were written.");
        return ExitCodes.Done;
    }

    private static string Sentence(string did, RebuildProgress result, string end) => string.Create(
        CultureInfo.InvariantCulture,
        $"{did} {ProjectionRebuild.Operations}: {result.Rows:N0} operations from {result.Events:N0} events in"
        + $" {result.Streams:N0} streams; {result.Faults:N0} events could not be folded.{end}");

    private static DateTimeOffset? ReadInstant(string? text)
    {
        if (text is null)
            return null;
        return new InstantReader(zone: null).Read(text, out var fault) is { } instant
            ? instant.Floor
            : throw new ExitException(ExitCodes.Usage, $"--since {fault}.");
    }

    /// <summary>Which operations; all that is given must hold.</summary>
    private sealed record Part(IReadOnlyList<string> Streams, OperationFilter? Filter, DateTimeOffset? Since)
    {
        public bool IsSome => Streams.Count > 0 || Filter is not null || Since is not null;

        public async Task<IReadOnlyList<string>> FindAsync(ViewRepair repair, CancellationToken cancel)
        {
            IEnumerable<string>? ids = Streams.Count > 0 ? Streams.Distinct(StringComparer.Ordinal) : null;
            if (Filter is not null)
                ids = And(ids, await repair.FindAsync(Filter, cancel));
            if (Since is { } instant)
                ids = And(ids, await repair.FindChangedSinceAsync(instant, cancel));
            return [.. ids ?? []];
        }

        private static IEnumerable<string> And(IEnumerable<string>? ids, IReadOnlyList<string> found) =>
            ids is null ? found : ids.Intersect(found, StringComparer.Ordinal);
    }
}
