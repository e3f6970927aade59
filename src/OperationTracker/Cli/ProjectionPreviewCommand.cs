using System.CommandLine;
using System.Globalization;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Cli;

/// <summary>
/// <c>optrack projections preview</c>: what a rebuild by this build would change, member by member, from reading alone.
/// Its exit code is a gate: 0 nothing, 6 something.
/// </summary>
internal static class ProjectionPreviewCommand
{
    /// <summary>All of them, where a rebuild would change some; each is held until the end.</summary>
    private const int MostExamples = 100_000;

    public static Command Build()
    {
        var name = ProjectionCommands.Name();
        var examples = NumberOption.Between(
            "--examples", 0, MostExamples, "COUNT", "Operations named for each place that would change. Without it 3.");
        examples.DefaultValueFactory = _ => 3;
        var showValues = new Option<bool>("--show-values")
        {
            Description = "Print the values too: documents carry passwords of devices.",
        };
        var json = ProjectionCommands.Json();
        var command = new Command("preview", "Says what a rebuild by this build would change. Writes nothing.")
        {
            name, examples, showValues, json,
        };
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
                var changes = new Changes(parsed.GetValue(examples), parsed.GetValue(showValues));
                var verification = new ViewVerification(
                    opened, walk.Read(parsed), TimeProvider.System, withMembers: true);
                var result = await verification.RunAsync(changes.Add, report.Progress, report.Fault, cancel);
                changes.Tell(report);
                report.End(
                    new { result.Operations, result.Events, Changed = result.Differences },
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"A rebuild would change {result.Differences:N0} of {result.Operations:N0} operations."));
                return result.Differences == 0 ? ExitCodes.Done : ExitCodes.DifferencesFound;
            }));
        });
        return command;
    }

    /// <summary>What would change, by place.</summary>
    private sealed class Changes(int examples, bool showValues)
    {
        private readonly SortedDictionary<string, Place> _places = new(StringComparer.Ordinal);

        public void Add(ViewDifference difference)
        {
            switch (difference.Kind)
            {
                case DifferenceKind.Different when difference.Members.Count > 0:
                    foreach (var member in difference.Members)
                        PlaceOf(General(member.Pointer)).Add(difference.OperationId, member);
                    break;
                case DifferenceKind.Different:
                    foreach (var column in difference.Columns)
                        PlaceOf($"column {column}").Add(difference.OperationId, null);
                    break;
                default:
                    PlaceOf(difference.Kind switch
                    {
                        DifferenceKind.Missing => "row that would be added",
                        DifferenceKind.Extra => "row that would be deleted",
                        DifferenceKind.Stale => "row of another version",
                        _ => "row of a damaged stream",
                    }).Add(difference.OperationId, null);
                    break;
            }
        }

        public void Tell(ProgressReport report)
        {
            foreach (var (pointer, place) in _places)
            {
                report.Tell(
                    "change",
                    new
                    {
                        Pointer = pointer, place.Operations,
                        Examples = place.Examples.Select(example => Json(example)),
                    },
                    string.Create(CultureInfo.InvariantCulture, $"{pointer}  {place.Operations:N0} operations")
                    + string.Concat(place.Examples.Select(Line)));
            }
        }

        private Place PlaceOf(string name)
        {
            if (!_places.TryGetValue(name, out var place))
                _places.Add(name, place = new Place(examples));
            return place;
        }

        /// <summary>Elements of an array count as one place.</summary>
        private static string General(string pointer) => pointer.Length == 0
            ? "/"
            : string.Join(
                '/', pointer.Split('/').Select(part => part.Length > 0 && part.All(char.IsAsciiDigit) ? "*" : part));

        private string Line((string OperationId, MemberDifference? Member) example) =>
            showValues && example.Member is { } member
                ? $"\n  {example.OperationId} {member.Pointer}:"
                    + $" {member.Stored ?? "nothing"} -> {member.Folded ?? "nothing"}"
                : $"\n  {example.OperationId}" + (example.Member is { } place ? $" {place.Pointer}" : "");

        private object Json((string OperationId, MemberDifference? Member) example) => new
        {
            example.OperationId,
            example.Member?.Pointer,
            Stored = showValues ? example.Member?.Stored : null,
            Folded = showValues ? example.Member?.Folded : null,
        };
    }

    /// <summary>
    /// One place and the first operations, by id, that would change there: a walk meets them in no order that lasts.
    /// </summary>
    private sealed class Place(int most)
    {
        private readonly SortedList<string, MemberDifference?> _examples = new(StringComparer.Ordinal);

        private string? _last;

        public long Operations { get; private set; }

        public IEnumerable<(string OperationId, MemberDifference? Member)> Examples =>
            _examples.Select(example => (example.Key, example.Value));

        public void Add(string operationId, MemberDifference? member)
        {
            if (operationId == _last)
                return;
            _last = operationId;
            Operations++;
            _examples.TryAdd(operationId, member);
            if (_examples.Count > most)
                _examples.RemoveAt(most);
        }
    }
}
