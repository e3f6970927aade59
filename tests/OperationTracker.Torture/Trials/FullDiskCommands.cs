using System.Globalization;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// Commands that meet a full disk end with a sentence and the exit code that is documented, and harm nothing.
/// </summary>
internal static class FullDiskCommands
{
    private const int Failed = 1;
    private const int Unavailable = 69;

    public static async Task RunAsync(Trial trial, Cluster cluster, Volume data, CancellationToken cancel)
    {
        var connection = cluster.Postgres.ConnectionString;
        await using (var target = await Volume.InMemoryAsync(
            Path.Combine(trial.Options.Directory, "target"), megabytes: 1))
        {
            await RunAsync(trial, connection, ["export", Path.Combine(target.Path, "all.optrack.tar")], Failed, cancel);
        }

        data.Fill();
        await RunAsync(trial, connection, ["projections", "rebuild"], Unavailable, cancel);
        data.Free();
        await RunAsync(trial, connection, ["projections", "verify"], 0, cancel);
        await RunAsync(trial, connection, ["projections", "rebuild"], 0, cancel);
    }

    private static async Task RunAsync(
        Trial trial, string connection, string[] command, int expected, CancellationToken cancel)
    {
        var (exitCode, output) = await TrackerNode.RunAsync(connection, command, cancel);
        var last = output.Split('\n')[^1];
        trial.Tell(
            string.Create(CultureInfo.InvariantCulture, $"optrack {command[0]} {command[1]}: {exitCode}, {last}"));
        var space = expected == 0 ? "with" : "without";
        trial.Count(string.Create(
            CultureInfo.InvariantCulture, $"exit code of optrack {command[0]} {space} space: {exitCode}"));
        if (exitCode != expected)
            trial.Violations.Add("commands", $"optrack {command[0]} ended with {exitCode}, not {expected}: {last}");
        if (output.Contains("   at ", StringComparison.Ordinal) || output.Length == 0)
            trial.Violations.Add("commands", $"optrack {command[0]} did not end with a sentence: {output}");
    }
}
