using System.CommandLine;
using OperationTracker.Api;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Cli;

/// <summary>
/// The option <c>--where NAME=VALUE</c> of commands on a database: the filters of the list, by their names there.
/// </summary>
internal static class WhereFilter
{
    private static readonly string[] FilterNames =
    [
        "status", "cluster_id", "method", "uri", "occurred_from", "occurred_to", "updated_from", "updated_to",
    ];

    public static Option<string[]> Option(string description) => new("--where")
    {
        HelpName = "NAME=VALUE",
        Description = $"{description}; may be given more than once. Names: {string.Join(", ", FilterNames)}.",
    };

    /// <summary>The filter that the conditions make; null when there are none.</summary>
    /// <exception cref="ExitException">A condition is none.</exception>
    public static OperationFilter? Read(string[] conditions)
    {
        if (conditions.Length == 0)
            return null;
        var query = QueryString.Empty;
        foreach (var condition in conditions)
        {
            var parts = condition.Split('=', 2);
            var filter = parts[0].Replace('-', '_');
            if (parts.Length < 2 || !FilterNames.Contains(filter))
            {
                throw new ExitException(
                    ExitCodes.Usage,
                    $"--where takes NAME=VALUE, with one of the names {string.Join(", ", FilterNames)}.");
            }

            query = query.Add(filter, parts[1]);
        }

        var faults = new List<DocumentFault>();
        return ListParameters.Read(query, new InstantReader(zone: null), faults)?.Filter ?? throw new ExitException(
            ExitCodes.Usage,
            string.Join("; ", faults.Select(fault => $"--where {fault.Path.TrimStart('/')} {fault.Reason}")) + ".");
    }
}
