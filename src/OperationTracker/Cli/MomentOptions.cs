using System.CommandLine;
using System.CommandLine.Parsing;

namespace OperationTracker.Cli;

/// <summary>The options that name a moment of an operation's history: a version, or an instant.</summary>
internal sealed class MomentOptions
{
    public const string InstantHelp =
        "RFC 3339 with an offset (2026-11-20T09:00:00+01:00), or YYYYMMDD_hhmmss in the time zone of the tracker.";

    private readonly Option<long> version;

    private readonly Option<string?> at = new("--at")
    {
        Description = $"As --version, at an instant, what came at the instant included. {InstantHelp}",
        HelpName = "INSTANT",
    };

    private MomentOptions(string versionName, string description) =>
        version = NumberOption.Between(versionName, 1, long.MaxValue, "VERSION", description);

    public static MomentOptions AddTo(Command command, string versionName, string description)
    {
        var options = new MomentOptions(versionName, description);
        command.Add(options.version);
        command.Add(options.at);
        command.Validators.Add(result =>
        {
            if (result.GetResult(options.version) is not null && result.GetResult(options.at) is not null)
                result.AddError($"{versionName} and --at exclude each other.");
        });
        return options;
    }

    public bool IsGiven(CommandResult result) =>
        result.GetResult(version) is not null || result.GetResult(at) is not null;

    public long? Version(ParseResult parsed) => parsed.GetResult(version) is null ? null : parsed.GetValue(version);

    public string? At(ParseResult parsed) => parsed.GetValue(at);

    /// <summary>The query parameters that the tracker knows them by.</summary>
    public (string Name, string? Value)[] Parameters(ParseResult parsed) =>
        [("version", Version(parsed)?.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("at", At(parsed))];
}
