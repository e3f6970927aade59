using System.Globalization;

namespace OperationTracker.Benchmarks.Load;

/// <summary>What the kernel knows of processes.</summary>
internal static class ProcessFigures
{
    /// <summary>
    /// The kernel counts processors' time for <c>/proc</c> in hundredths of a second, on every architecture.
    /// </summary>
    private const double TicksPerSecond = 100;

    /// <summary>Not every kernel is built to tell a process's children; then all processes are looked at.</summary>
    private static readonly bool TellsChildren =
        File.Exists($"/proc/{Environment.ProcessId}/task/{Environment.ProcessId}/children");

    /// <summary>Seconds of CPU that a process and its children have used, those that have ended included.</summary>
    public static double CpuSeconds(int pid)
    {
        if (Stat(pid) is not { } own)
            return 0;
        var ticks = Number(own, 11) + Number(own, 12) + Number(own, 13) + Number(own, 14);
        foreach (var each in TellsChildren ? ChildrenOf(pid) : Numbers("/proc"))
        {
            if (Stat(each) is { } child && Number(child, 1) == pid)
                ticks += Number(child, 11) + Number(child, 12);
        }

        return ticks / TicksPerSecond;
    }

    /// <summary>
    /// Whether there is such a process that has not ended; one whose end nobody has taken note of has.
    /// </summary>
    public static bool IsRunning(int pid) => Stat(pid) is [not "Z", ..];

    /// <summary>Megabytes of memory: the most that a process ever had, and what it has now.</summary>
    public static (double Peak, double Now) MemoryMegabytes(int pid)
    {
        var lines = File.ReadAllLines($"/proc/{pid}/status");
        return (Of("VmHWM:"), Of("VmRSS:"));

        double Of(string name) => double.Parse(
            lines.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", ""),
            CultureInfo.InvariantCulture) / 1024;
    }

    private static IEnumerable<int> ChildrenOf(int pid) => Numbers($"/proc/{pid}/task")
        .SelectMany(thread => (Text($"/proc/{pid}/task/{thread}/children") ?? "").Split(' '))
        .Where(child => child.Length > 0)
        .Select(child => int.Parse(child, CultureInfo.InvariantCulture));

    /// <summary>The processes, or threads of one, that have a directory in this one.</summary>
    private static IEnumerable<int> Numbers(string directory)
    {
        foreach (var each in Directory.EnumerateDirectories(directory))
        {
            if (int.TryParse(Path.GetFileName(each), CultureInfo.InvariantCulture, out var number))
                yield return number;
        }
    }

    /// <summary>The fields after the program's name, which may itself hold spaces.</summary>
    private static string[]? Stat(int pid) =>
        Text($"/proc/{pid}/stat") is { } text ? text[(text.LastIndexOf(')') + 2)..].Split(' ') : null;

    /// <summary>Null where the process or the thread has ended.</summary>
    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string[] fields, int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
}
