using System.CommandLine;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Cli;

/// <summary>The options of commands that fold the whole log.</summary>
internal sealed class WalkOptions
{
    private const double MostEvents = 10_000_000;
    private const int MostWorkers = 16;

    private readonly Option<double> _pace = NumberOption.Between(
        "--pace", 1, MostEvents, "EVENTS", "Fold at most so many events a second. Without it as many as go.");

    private readonly Option<int> _workers = NumberOption.Between(
        "--workers", 1, MostWorkers, "COUNT", "Streams folded at the same time. Without it one a processor.");

    private readonly Option<string?> _onError = new("--on-error")
    {
        Description = "What to do at an event that cannot be folded: stop, or skip-and-report.",
        HelpName = "stop|skip-and-report",
        CompletionSources = { "stop", "skip-and-report" },
    };

    private bool _mayFail;

    /// <param name="command">Gets the options.</param>
    /// <param name="mayFail">
    /// Whether an event that cannot be folded may stop it; else it is always reported and skipped.
    /// </param>
    public static WalkOptions AddTo(Command command, bool mayFail)
    {
        var options = new WalkOptions { _mayFail = mayFail };
        command.Add(options._pace);
        command.Add(options._workers);
        if (mayFail)
            command.Add(options._onError);
        return options;
    }

    /// <summary>What was asked for. The process goes behind others from here on.</summary>
    public RebuildOptions Read(ParseResult parsed, bool resume = false)
    {
        Priority.Lower();
        var options = new RebuildOptions { Resume = resume, OnFault = OnFault(parsed) };
        if (parsed.GetResult(_pace) is not null)
            options = options with { Pace = parsed.GetValue(_pace) };
        if (parsed.GetResult(_workers) is not null)
            options = options with { Workers = parsed.GetValue(_workers) };
        return options;
    }

    private OnEventFault OnFault(ParseResult parsed) => !_mayFail
        ? OnEventFault.SkipAndReport
        : parsed.GetValue(_onError) switch
        {
            null or "stop" => OnEventFault.Stop,
            "skip-and-report" => OnEventFault.SkipAndReport,
            _ => throw new ExitException(ExitCodes.Usage, "--on-error takes stop or skip-and-report."),
        };
}
