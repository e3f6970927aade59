using System.CommandLine;

namespace OperationTracker.Cli;

/// <summary>The options that choose which operations a list holds, and the query parameters that they become.</summary>
internal sealed class ListFilter
{
    private readonly Option<string[]> status = new("--status")
    {
        Description = "Only operations with this status; may be given more than once.",
        HelpName = "STATUS",
        CompletionSources = { "unexecuted", "executing", "completed", "failed", "canceled" },
    };

    private readonly (Option<string?> Option, string Parameter)[] texts =
    [
        (Text("--cluster-id", "ID", "Only operations that asked this cluster, or rolled it back."), "cluster_id"),
        (Text("--method", "METHOD", "Only operations whose request has this method."), "method"),
        (Text("--uri", "PREFIX", "Only operations whose request's uri begins so."), "uri"),
        (Text("--occurred-from", "TIME", "Only operations since this time, YYYYMMDD_hhmmss."), "occurred_from"),
        (Text("--occurred-to", "TIME", "Only operations before this time."), "occurred_to"),
        (Text("--updated-from", "TIME", "Only operations last updated since this time."), "updated_from"),
        (Text("--updated-to", "TIME", "Only operations last updated before this time."), "updated_to"),
        (Text("--as-of", "INSTANT", $"The list as it stood then. {MomentOptions.InstantHelp}"), "as_of"),
    ];

    public static ListFilter AddTo(Command command)
    {
        var filter = new ListFilter();
        command.Add(filter.status);
        foreach (var (option, _) in filter.texts) command.Add(option);
        return filter;
    }

    /// <summary>Values are not judged here: the tracker names every fault of them at once.</summary>
    public IEnumerable<(string Name, string Value)> Parameters(ParseResult parsed)
    {
        foreach (var value in parsed.GetValue(status) ?? []) yield return ("status", value);
        foreach (var (option, parameter) in texts)
            if (parsed.GetValue(option) is { } value) yield return (parameter, value);
    }

    private static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description };
}
