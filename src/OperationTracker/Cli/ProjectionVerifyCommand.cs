using System.Collections.Concurrent;
using System.CommandLine;
using System.Globalization;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Cli;

/// <summary>
/// <c>optrack projections verify</c>: are the stored views the folds of their events? <c>optrack projections heal</c>:
/// makes those right that are not, and no others.
/// </summary>
internal static class ProjectionVerifyCommand
{
    public static Command BuildVerify() => Build(
        "verify", "Compares every stored view with the fold of its events, while it is read and written.",
        heals: false);

    public static Command BuildHeal() => Build(
        "heal", "Verifies, and writes the views that differ, and no others, from their events.", heals: true);

    private static Command Build(string verb, string description, bool heals)
    {
        var name = ProjectionCommands.Name();
        var json = ProjectionCommands.Json();
        var command = new Command(verb, description) { name, json };
        var walk = WalkOptions.AddTo(command, mayFail: false);
        var database = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            ProjectionCommands.Require(parsed.GetValue(name)!);
            return database.RunAsync(parsed, opened => ProjectionCommands.RunAsync(async () =>
            {
                await ProjectionCommands.RequireSchemaAsync(opened, cancel);
                using var report = new ProgressReport(
                    parsed.InvocationConfiguration, parsed.GetValue(json), TimeProvider.System);
                var options = walk.Read(parsed);
                var found = new ConcurrentQueue<ViewDifference>();
                var result = await VerifyAsync(opened, options, report, found, cancel);
                return heals
                    ? await HealAsync(opened, options, report, result, [.. found], cancel)
                    : Conclude(report, result);
            }));
        });
        return command;
    }

    private static async Task<VerificationResult> VerifyAsync(
        TrackerDatabase database, RebuildOptions options, ProgressReport report, ConcurrentQueue<ViewDifference> found,
        CancellationToken cancel)
    {
        var verification = new ViewVerification(database, options, TimeProvider.System);
        var result = await verification.RunAsync(
            difference =>
            {
                found.Enqueue(difference);
                report.Tell("difference", Json(difference), Line(difference));
            },
            report.Progress, report.Fault, cancel);
        await verification.NoteAsync(result, cancel);
        return result;
    }

    private static int Conclude(ProgressReport report, VerificationResult result)
    {
        report.End(
            new { result.Operations, result.Events, result.Behind, result.Differences },
            string.Create(
                CultureInfo.InvariantCulture,
                $"Compared {result.Operations:N0} operations with {result.Events:N0} events:"
                + $" {result.Differences:N0} differ.")
            + Behind(result));
        return result.Differences == 0 ? ExitCodes.Done : ExitCodes.VerificationFailed;
    }

    private static async Task<int> HealAsync(
        TrackerDatabase database, RebuildOptions options, ProgressReport report, VerificationResult result,
        IReadOnlyList<ViewDifference> found, CancellationToken cancel)
    {
        string[] damaged = [.. found.Where(difference => difference.Kind == DifferenceKind.DamagedStream)
            .Select(difference => difference.OperationId)];
        string[] ids = [.. found.Select(difference => difference.OperationId).Except(damaged, StringComparer.Ordinal)];
        var repair = new ViewRepair(database, options, TimeProvider.System, "projections heal", Operator.Name);
        var healed = ids.Length == 0
            ? new RepairResult(0, 0, 0, [])
            : await repair.RunAsync(
                ids, id => report.Tell("healed", new { OperationId = id }, $"healed: {id}"), _ => { }, cancel);
        string[] left = [.. damaged.Union(healed.Unrepaired, StringComparer.Ordinal)];
        report.End(
            new
            {
                result.Operations, result.Events, result.Behind, result.Differences, healed.Written, Unrepaired = left,
            },
            string.Create(
                CultureInfo.InvariantCulture,
                $"Compared {result.Operations:N0} operations with {result.Events:N0} events:"
                + $" {result.Differences:N0} differed,")
            + string.Create(
                CultureInfo.InvariantCulture, $" {healed.Written:N0} rows were healed, {left.Length:N0} could not be.")
            + Behind(result));
        return left.Length == 0 ? ExitCodes.Done : ExitCodes.VerificationFailed;
    }

    private static string Behind(VerificationResult result) => result.Behind == 0 ? "" : string.Create(
        CultureInfo.InvariantCulture,
        $" {result.Behind:N0} more wait to be caught up with another application's events,"
        + $" which a running tracker does.");

    private static object Json(ViewDifference difference) => new
    {
        difference.OperationId, Kind = Word(difference.Kind),
        Columns = difference.Columns.Count == 0 ? null : difference.Columns,
    };

    private static string Line(ViewDifference difference) => difference.Columns.Count == 0
        ? $"{Word(difference.Kind)}: {difference.OperationId}"
        : $"{Word(difference.Kind)}: {difference.OperationId} ({string.Join(", ", difference.Columns)})";

    private static string Word(DifferenceKind kind) => kind switch
    {
        DifferenceKind.Missing => "missing",
        DifferenceKind.Extra => "extra",
        DifferenceKind.Stale => "stale",
        DifferenceKind.Different => "different",
        _ => "damaged-stream",
    };
}
