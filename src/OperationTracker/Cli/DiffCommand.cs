using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace OperationTracker.Cli;

/// <summary><c>optrack diff</c>: what changed in an operation between two moments.</summary>
internal static class DiffCommand
{
    /// <summary>What stands: the last instant that the tracker knows how to read.</summary>
    private const string Now = "9999-12-31T23:59:59Z";

    public static Command Build()
    {
        var id = new Argument<string>("ID") { Description = "The operation_id." };
        var from = new Option<string>("--from")
        {
            Description = $"A version, or an instant: {MomentOptions.InstantHelp}", HelpName = "MOMENT",
            Required = true,
        };
        var to = new Option<string?>("--to")
        {
            Description = "A version or an instant, before or after. Without it, what stands.", HelpName = "MOMENT",
        };
        var json = new Option<bool>("--json") { Description = "Print the JSON Patch (RFC 6902) as it came." };
        var command = new Command("diff", "Shows what changed in an operation between two moments.")
        {
            id, from, to, json,
        };
        var source = EventSourceOptions.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            var terminal = new Terminal(parsed.InvocationConfiguration);
            var operationId = ServerOptions.RequireAddressable(parsed.GetRequiredValue(id), parsed);
            using var client = await source.ConnectAsync(parsed, operationId, token);
            var request = client.Question(
                operationId, "/diff", ("from", parsed.GetRequiredValue(from)), ("to", parsed.GetValue(to) ?? Now));
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json-patch+json"));
            var answer = await client.AskAsync(request, token);
            if (answer.Status != HttpStatusCode.OK) return TrackerError.Explain(answer, terminal);
            if (parsed.GetValue(json))
            {
                await terminal.WriteBytesAsync(answer.Body, token);
                terminal.WriteLine("");
                return ExitCodes.Done;
            }

            foreach (var line in Read(answer.Body))
                PatchView.Show(line.Op ?? "", line.Path ?? "", null, line.Value?.GetRawText(), terminal);
            return ExitCodes.Done;
        });
        return command;
    }

    private static IReadOnlyList<PatchLine> Read(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, TrackerJson.Default.IReadOnlyListPatchLine)
                ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new ExitException(ExitCodes.Failed, "The server's answer is not a JSON Patch.");
        }
    }
}
