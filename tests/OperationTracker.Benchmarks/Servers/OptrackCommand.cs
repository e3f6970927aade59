using System.Diagnostics;
using OperationTracker.Benchmarks.Load;

namespace OperationTracker.Benchmarks.Servers;

/// <summary>A command of <c>optrack</c>, run to its end as its users run it.</summary>
/// <param name="Seconds">The start of the process included.</param>
/// <param name="Megabytes">Memory at most.</param>
/// <param name="Lines">Its output, each line with the seconds after which it came.</param>
internal sealed record OptrackCommand(
    double Seconds, double Megabytes, IReadOnlyList<(double Seconds, string Text)> Lines)
{
    /// <param name="database">The connection string.</param>
    /// <param name="words">The command.</param>
    /// <param name="cancel">Breaks it off.</param>
    /// <exception cref="InvalidOperationException">It failed.</exception>
    public static async Task<OptrackCommand> RunAsync(string database, string[] words, CancellationToken cancel)
    {
        var started = Stopwatch.StartNew();
        await using var process = ChildProcess.StartAssembly(
            "optrack.dll", serverCollector: false, [.. words, "--database", database]);
        var peak = 0.0;
        var lines = new List<(double, string)>();
        var output = process.OutputAsync(line => lines.Add((started.Elapsed.TotalSeconds, line)), cancel);
        while (await Task.WhenAny(output, Task.Delay(100, cancel)) != output)
            peak = Math.Max(peak, MemoryOf(process.Id));
        await output;
        return new OptrackCommand(started.Elapsed.TotalSeconds, peak, lines);
    }

    private static double MemoryOf(int pid)
    {
        try
        {
            return ProcessFigures.MemoryMegabytes(pid).Peak;
        }
        catch (Exception fault) when (fault is IOException or InvalidOperationException)
        {
            // It has just ended.
            return 0;
        }
    }
}
