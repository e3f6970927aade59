namespace OperationTracker.Cli;

/// <summary>
/// Ends a command with an exit code and one sentence for the person who gave it. It is thrown only for what the
/// command cannot go on with (an unreadable file, an unreachable server), never for a refusal that a server answered.
/// </summary>
internal class ExitException(int exitCode, string sentence) : Exception(sentence)
{
    public int ExitCode { get; } = exitCode;
}
