using System.Globalization;

namespace OperationTracker.Benchmarks.Load;

/// <summary>What the kernel knows of processes.</summary>
internal static class ProcessFigures
{
    /// <summary>
    /// The kernel counts processors' time for <c>/proc</c> in hundredths of a second, on every architecture.
    /// </summary>
    private const double TicksPerSecond = 100;

    /// <summary>Seconds of CPU that a process and its children have used, those that have ended included.</summary>
    public static double CpuSeconds(int pid)
    {
        if (Stat(pid) is not { } own)
            return 0;
        var ticks = Number(own, 11) + Number(own, 12) + Number(own, 13) + Number(own, 14);
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var each)
                && Stat(each) is { } child && Number(child, 1) == pid)
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

    /// <summary>The fields after the program's name, which may itself hold spaces.</summary>
    private static string[]? Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string[] fields, int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
}
