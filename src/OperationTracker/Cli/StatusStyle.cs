using Spectre.Console;

namespace OperationTracker.Cli;

/// <summary>One colour for each status, the same in every view.</summary>
internal static class StatusStyle
{
    public static Style Of(string? status) => status switch
    {
        "completed" => new Style(Color.Green),
        "failed" => new Style(Color.Red),
        "canceled" => new Style(Color.Olive),
        "executing" => new Style(Color.Teal),
        "unexecuted" => new Style(Color.Grey),
        _ => Style.Plain,
    };
}
