namespace OperationTracker.Cli;

/// <summary>Who runs a command, for the log of what operators did.</summary>
internal static class Operator
{
    /// <summary>The user and the machine.</summary>
    public static string Name => $"{Environment.UserName}@{Environment.MachineName}";
}
