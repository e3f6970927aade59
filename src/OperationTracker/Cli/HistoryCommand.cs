using System.CommandLine;

namespace OperationTracker.Cli;

/// <summary><c>optrack history</c>: what happened to an operation, event by event.</summary>
internal static class HistoryCommand
{
    public static Command Build()
    {
        var id = new Argument<string>("ID") { Description = "The operation_id." };
        var after = NumberOption.Between("--after", 0, long.MaxValue, "VERSION", "Begin after this version.");
        var json = new Option<bool>("--json") { Description = "Print the events as they came, one a line." };
        var command = new Command("history", "Shows what happened to an operation, and who said so.")
        {
            id, after, json,
        };
        var source = EventSourceOptions.AddTo(command);
        command.SetAction(async (parsed, token) =>
        {
            var terminal = new Terminal(parsed.InvocationConfiguration);
            var operationId = ServerOptions.RequireAddressable(parsed.GetRequiredValue(id), parsed);
            using var events = source.Open(parsed);
            try
            {
                await foreach (var item in events.OfOperationAsync(operationId, parsed.GetValue(after), token))
                {
                    if (parsed.GetValue(json)) terminal.WriteLine(item.Json.GetRawText());
                    else Show(item, terminal);
                }

                return ExitCodes.Done;
            }
            catch (AnsweredErrorException error)
            {
                return TrackerError.Explain(error.Answer, terminal);
            }
        });
        return command;
    }

    private static void Show(ReportedEvent item, Terminal terminal)
    {
        var change = item.Change.First == item.Change.Last ? "" : $" (change {item.Change.First}-{item.Change.Last})";
        terminal.WriteLine($"{item.Version,4}  {item.TimeText}  {item.Kind}  {EventSummary.Of(item.Event)}".TrimEnd());
        terminal.WriteLine($"      from {item.Sender}{change}; changed {Places(item)}");
    }

    private static string Places(ReportedEvent item) =>
        string.Join(' ', item.ChangedPaths) is { Length: > 0 } places ? places : "nothing";
}
