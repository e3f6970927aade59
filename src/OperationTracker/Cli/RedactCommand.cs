using System.CommandLine;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Audit;

namespace OperationTracker.Cli;

/// <summary><c>optrack redact</c>: erases values that should never have been reported.</summary>
internal static class RedactCommand
{
    /// <summary>Characters of a reason: a sentence, for it is part of the history.</summary>
    private const int ReasonLength = 1_000;

    public static Command Build()
    {
        var id = new Argument<string>("ID") { Description = "The operation_id." };
        var pointers = new Option<string[]>("--pointer")
        {
            HelpName = "POINTER", Required = true,
            Description = "A JSON Pointer into the document, /request/body say; may stand several times.",
        };
        var reason = new Option<string>("--reason")
        {
            HelpName = "TEXT", Required = true, Description = "Why; it becomes part of the history.",
        };
        var by = new Option<string>("--by")
        {
            HelpName = "NAME", Description = "Who; it becomes part of the history. Without it, who runs the command.",
            DefaultValueFactory = _ => Environment.UserName,
        };
        var command = new Command(
            "redact", "Erases values of an operation, in its history too; what was proven stays proven.")
        {
            id, pointers, reason, by,
        };
        var options = DatabaseOptions.AddTo(command);
        command.SetAction((parsed, cancel) =>
        {
            if (!OperationId.TryParse(parsed.GetRequiredValue(id), out var operationId))
                throw new ExitException(ExitCodes.Usage, $"An operation_id {OperationId.Rule}");
            string[] places = [.. parsed.GetRequiredValue(pointers).Distinct(StringComparer.Ordinal)];
            foreach (var pointer in places)
            {
                if (Redaction.DescribeFault(pointer) is { } fault)
                    throw new ExitException(ExitCodes.Usage, $"--pointer '{pointer}' {fault}.");
            }

            if (parsed.GetRequiredValue(reason) is not { Length: > 0 and <= ReasonLength } why || why.Contains('\0'))
                throw new ExitException(ExitCodes.Usage, $"--reason takes a text of 1 to {ReasonLength} characters.");
            return options.RunAsync(parsed, async database =>
            {
                var outcome = await new Redactor(database).RedactAsync(
                    operationId, places, why, parsed.GetRequiredValue(by), cancel)
                    ?? throw new ExitException(ExitCodes.NotFound, $"There is no operation {operationId}.");
                await parsed.InvocationConfiguration.Output.WriteLineAsync(outcome.Version is null
                    ? "All of it had been redacted before."
                    : $"{Count(outcome.Values, "value")} in {Count(outcome.Events, "event")}"
                        + $" {(outcome.Values == 1 ? "is" : "are")} redacted, as version {outcome.Version} tells."
                        + " Backups, and until vacuum and checkpoints have passed the database's own files,"
                        + " hold them still.");
                return ExitCodes.Done;
            });
        });
        return command;
    }

    private static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
