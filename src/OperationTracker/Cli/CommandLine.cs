using System.CommandLine;
using System.CommandLine.Invocation;

namespace OperationTracker.Cli;

/// <summary>All commands of the executable, and the one place where their outcomes become exit codes.</summary>
internal static class CommandLine
{
    /// <summary>
    /// How long a command may go on after Ctrl-C or SIGTERM before the process ends without it. The client's commands
    /// end at once; the time is for a server that drains as long as it was told to and finishes what it has begun.
    /// </summary>
    private static readonly TimeSpan TerminationTimeout = ServeSettings.LongestDrain + TimeSpan.FromMinutes(1);

    public static RootCommand Build() => new("Tracks long-running operations: who asked, what came of it, and when.")
    {
        ServeCommand.Build(),
        PutCommand.Build(),
        GetCommand.Build(),
        ListCommand.Build(),
        HistoryCommand.Build(),
        DiffCommand.Build(),
        ReplayCommand.Build(),
        ReportCommand.Build(),
        HealthCommand.Build(),
        AuditCommands.Build(),
        DatabaseCommands.Build(),
        ExportCommand.Build(),
        ImportCommand.Build(),
        RedactCommand.Build(),
        ProjectionCommands.Build(),
        CompletionCommand.Build(),
    };

    public static async Task<int> RunAsync(string[] args)
    {
        var configuration = new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = TerminationTimeout,
        };
        try
        {
            var parsed = Build().Parse(args);
            return parsed.Action is ParseErrorAction usageError
                ? ExplainUsage(parsed, usageError)
                : await parsed.InvokeAsync(configuration);
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
        catch (ExitException stopped)
        {
            return Explain(stopped.Message, stopped.ExitCode);
        }
#pragma warning disable CA1031 // The edge of the process: whatever went wrong, its user gets a sentence and no stack.
        catch (Exception unexpected)
#pragma warning restore CA1031
        {
            return Explain($"{unexpected.GetType().Name}: {unexpected.Message}", ExitCodes.Failed);
        }
    }

    /// <summary>The library's own exit code for a usage error is 1, and it prints its hints to stdout.</summary>
    private static int ExplainUsage(ParseResult parsed, ParseErrorAction usageError)
    {
        usageError.ShowHelp = false;
        parsed.Invoke(new InvocationConfiguration { Output = Console.Error, Error = Console.Error });

        var command = parsed.CommandResult.Command;
        var name = command is RootCommand ? command.Name : $"{parsed.RootCommandResult.Command.Name} {command.Name}";
        return Explain($"See '{name} --help'.", ExitCodes.Usage);
    }

    private static int Explain(string sentence, int exitCode)
    {
        Console.Error.WriteLine(PlainText.Escape(sentence));
        return exitCode;
    }
}
