using System.CommandLine;

namespace OperationTracker.Cli;

/// <summary>
/// <c>optrack health</c>: asks a tracker whether it can serve; for health checks where there is no other client.
/// </summary>
internal static class HealthCommand
{
    public static Command Build()
    {
        var command = new Command("health", "Asks whether the tracker can serve, and says what is wrong if it cannot.");
        var server = ServerOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = server.Connect(parsed);
            var answer = await client.AskAsync(client.HealthRequest(), cancel);
            var text = System.Text.Encoding.UTF8.GetString(answer.Body);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(PlainText.Escape(text));
            return ExitCodes.Of(answer.Status);
        });
        return command;
    }
}
