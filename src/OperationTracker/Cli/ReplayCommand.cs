using System.CommandLine;
using System.Globalization;

namespace OperationTracker.Cli;

/// <summary>
/// <c>optrack replay</c>: walks through an operation change by change, or through a period of all operations in the
/// order of the log.
/// </summary>
internal sealed class ReplayCommand
{
    private readonly Argument<string?> id = new("ID")
    {
        Description = "The operation_id; none with --all.", Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> all = new("--all") { Description = "All operations, event by event." };

    private readonly Option<string?> from = new("--from")
    {
        Description = $"With --all: begin at this instant. {MomentOptions.InstantHelp}", HelpName = "INSTANT",
    };

    private readonly Option<string?> to = new("--to")
    {
        Description = "End after this version; with --all, before this instant.", HelpName = "VERSION",
    };

    private readonly Option<string?> at = new("--at")
    {
        Description = "End at this instant, what came at the instant included. YYYYMMDD_hhmmss is in the zone that"
            + " OPTRACK_TIME_ZONE names.",
        HelpName = "INSTANT",
    };

    private readonly Option<bool> step = new("--step") { Description = "Wait for a key after each change." };
    private readonly Option<bool> json =
        new("--json") { Description = "Print one JSON object a change, with its document." };

    public static Command Build()
    {
        var replay = new ReplayCommand();
        var command = new Command("replay", "Walks through what happened: what came, from whom, and what changed.")
        {
            replay.id, replay.all, replay.from, replay.to, replay.at, replay.step, replay.json,
        };
        var source = EventSourceOptions.AddTo(command);
        command.Validators.Add(result =>
        {
            var (hasId, isAll) =
                (result.GetResult(replay.id) is { Tokens.Count: > 0 }, result.GetResult(replay.all) is not null);
            if (hasId == isAll) result.AddError("Name one operation, or say --all.");
            else if (isAll && (result.GetResult(replay.at) is not null || result.GetResult(replay.step) is not null))
                result.AddError("--at and --step are for one operation.");
            else if (hasId && result.GetResult(replay.from) is not null)
                result.AddError("--from is for --all; one operation is replayed from its beginning.");
            else if (result.GetResult(replay.to) is not null && result.GetResult(replay.at) is not null)
                result.AddError("--to and --at exclude each other.");
        });
        command.SetAction(async (parsed, token) =>
        {
            var terminal = new Terminal(parsed.InvocationConfiguration);
            using var events = source.Open(parsed);
            try
            {
                return parsed.GetValue(replay.all)
                    ? await replay.ShowLogAsync(parsed, events, terminal, token)
                    : await replay.ShowOperationAsync(parsed, events, terminal, token);
            }
            catch (AnsweredErrorException error)
            {
                return TrackerError.Explain(error.Answer, terminal);
            }
        });
        return command;
    }

    private async Task<int> ShowOperationAsync(
        ParseResult parsed, IEventSource events, Terminal terminal, CancellationToken token)
    {
        var operationId = ServerOptions.RequireAddressable(parsed.GetValue(id)!, parsed);
        var isStepped = parsed.GetValue(step);
        if (isStepped && (!terminal.IsTerminal || Console.IsInputRedirected || parsed.GetValue(json)))
            throw new ExitException(ExitCodes.Usage, "--step waits for keys: it needs a terminal, and no --json.");
        var belongs = End(parsed);
        ReplayStep? last = null;
        var view = new ReplayView(terminal);
        await foreach (var change in OperationReplay.StepsAsync(
            events.OfOperationAsync(operationId, 0, token).TakeWhile(belongs)).WithCancellation(token))
        {
            last = change;
            if (parsed.GetValue(json)) view.WriteJson(change);
            else view.Show(change);
            if (isStepped && !view.AskToGoOn(change)) return ExitCodes.Done;
        }

        if (last is null)
        {
            terminal.Say($"Nothing of {operationId} had happened then.");
            return ExitCodes.NotFound;
        }

        if (!parsed.GetValue(json)) view.ShowDocument(last);
        return ExitCodes.Done;
    }

    private async Task<int> ShowLogAsync(
        ParseResult parsed, IEventSource events, Terminal terminal, CancellationToken token)
    {
        var view = new ReplayView(terminal);
        DateTimeOffset? last = null;
        await foreach (var item in events.OfLogAsync(parsed.GetValue(from), parsed.GetValue(to), token))
        {
            if (parsed.GetValue(json)) terminal.WriteLine(item.Json.GetRawText());
            else view.Show(item, item.Time - last);
            last = item.Time;
        }

        return ExitCodes.Done;
    }

    /// <summary>Which events are before the end that was named.</summary>
    private Func<ReportedEvent, bool> End(ParseResult parsed)
    {
        if (parsed.GetValue(to) is { } text)
        {
            return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0
                ? item => item.Version <= version
                : throw new ExitException(ExitCodes.Usage, "--to takes a version, from 1; with --all, an instant.");
        }

        if (parsed.GetValue(at) is not { } moment) return _ => true;
        var instant = EventSourceOptions.ReadInstant("--at", moment);
        return item => item.Time <= instant.Floor;
    }
}
