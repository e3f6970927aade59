using System.CommandLine;
using System.Net;
using System.Text.Json;

namespace OperationTracker.Cli;

/// <summary><c>optrack get</c>: one operation's document, at once or when it is final.</summary>
internal static class GetCommand
{
    public static Command Build()
    {
        var id = new Argument<string>("ID") { Description = "The operation_id." };
        var wait = new Option<bool>("--wait")
        {
            Description = "Wait until the operation is completed, failed or canceled; also for one not yet reported.",
        };
        var interval = NumberOption.Seconds("--interval", "With --wait: seconds between two questions.", 3);
        var waitTimeout = NumberOption.Seconds(
            "--wait-timeout", "With --wait: give up after so many seconds.", defaultValue: 3_600);
        var json = new Option<bool>("--json") { Description = "Print the document as it came." };

        var command = new Command("get", "Shows an operation.") { id, wait, interval, waitTimeout, json };
        var moment = MomentOptions.AddTo(command, "--version", "The document as it stood after so many events.");
        var source = EventSourceOptions.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(wait) is not null && moment.IsGiven(result))
                result.AddError("--wait is for what is to come, --version and --at are for what was.");
            if (result.GetResult(wait) is not null && source.IsBundle(result))
                result.AddError("--wait is for what is to come, and a bundle does not change.");
        });
        command.SetAction(async (parsed, token) =>
        {
            var terminal = new Terminal(parsed.InvocationConfiguration);
            var operationId = ServerOptions.RequireAddressable(parsed.GetRequiredValue(id), parsed);
            using var client = await source.ConnectAsync(parsed, operationId, token);

            var answer = parsed.GetValue(wait)
                ? await new FinalStatus(client, terminal, TimeProvider.System).AwaitAsync(
                    operationId,
                    TimeSpan.FromSeconds(parsed.GetValue(interval)),
                    TimeSpan.FromSeconds(parsed.GetValue(waitTimeout)),
                    token)
                : await client.AskAsync(client.Question(operationId, "", moment.Parameters(parsed)), token);

            if (answer.Status != HttpStatusCode.OK) return TrackerError.Explain(answer, terminal);
            await ShowAsync(answer, parsed.GetValue(json), terminal, token);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task ShowAsync(TrackerAnswer answer, bool json, Terminal terminal, CancellationToken token)
    {
        if (json)
        {
            await terminal.WriteBytesAsync(answer.Body, token);
            await terminal.WriteBytesAsync("\n"u8.ToArray(), token);
            return;
        }
        using var document = Parse(answer.Body);
        terminal.Print(OperationView.Of(document.RootElement, answer.ETag));
    }

    private static JsonDocument Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            throw new ExitException(ExitCodes.Failed, "The server's answer is not JSON.");
        }
    }
}
