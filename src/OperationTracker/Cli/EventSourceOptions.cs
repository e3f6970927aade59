using System.CommandLine;
using System.CommandLine.Parsing;
using OperationTracker.Core.History;

namespace OperationTracker.Cli;

/// <summary>The options that say where a command reads events: from a tracker, unless a bundle is named.</summary>
internal sealed class EventSourceOptions
{
    /// <summary>The zone of clock times that are read here and not by a tracker.</summary>
    private const string ZoneVariable = "OPTRACK_TIME_ZONE";

    private readonly Option<string?> bundle = new("--bundle")
    {
        Description = "Read from this file, which optrack export wrote, and ask no tracker. It is not checked here:"
            + " optrack audit bundle does that.",
        HelpName = "FILE",
    };

    private readonly ServerOptions server;

    private EventSourceOptions(Command command)
    {
        command.Add(bundle);
        server = ServerOptions.AddTo(command);
    }

    public static EventSourceOptions AddTo(Command command) => new(command);

    public bool IsBundle(CommandResult result) => result.GetResult(bundle) is not null;

    /// <summary>What answers questions: the tracker, or the bundle in its place.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="operationId">The one operation that will be asked for; null where it may be any.</param>
    /// <param name="token">Ends the reading of the bundle.</param>
    /// <exception cref="ExitException">The bundle cannot be read.</exception>
    public async Task<TrackerClient> ConnectAsync(ParseResult parsed, string? operationId, CancellationToken token) =>
        parsed.GetValue(bundle) is { } file
            ? new TrackerClient(
                new Uri("http://bundle/"), Timeout.InfiniteTimeSpan,
                await BundleTracker.OpenAsync(file, operationId, Zone(), token))
            : server.Connect(parsed);

    public IEventSource Open(ParseResult parsed) => parsed.GetValue(bundle) is { } file
        ? new BundleEvents(file)
        : new TrackerEvents(server.Connect(parsed));

    /// <summary>An instant that is compared with events here.</summary>
    /// <exception cref="ExitException">It is none.</exception>
    public static Instant ReadInstant(string option, string text) =>
        new InstantReader(Zone()).Read(text, out var fault)
        ?? throw new ExitException(
            ExitCodes.Usage, $"{option} {fault!.Replace("--time-zone", ZoneVariable, StringComparison.Ordinal)}.");

    private static TimeZoneInfo? Zone()
    {
        if (Environment.GetEnvironmentVariable(ZoneVariable) is not { Length: > 0 } name) return null;
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone)
            ? zone
            : throw new ExitException(ExitCodes.Usage, $"{ZoneVariable}: this machine knows no zone {name}.");
    }
}
