using System.Globalization;
using System.Runtime.InteropServices;

namespace OperationTracker.Cli;

/// <summary>
/// Puts this process behind others: a walk over the whole log takes what processor time is left, and a tracker on the
/// same machine is served first.
/// </summary>
internal static class Priority
{
    private const int OfProcess = 0;

    /// <summary>Of the scale from -20 to 19; a process at 0 gets nine times the time of one at 10.</summary>
    private const int Nice = 10;

    /// <summary>
    /// Lowers it, threads that are to come included. Where that cannot be done, things are as they were.
    /// </summary>
    public static void Lower()
    {
        if (!OperatingSystem.IsLinux()) return;
        // On Linux each thread has a priority of its own, and gives it to those that it starts.
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
            _ = SetPriority(OfProcess, uint.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), Nice);
    }

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int which, uint who, int priority);
}
