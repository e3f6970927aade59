using System.Globalization;
using System.Runtime.InteropServices;
using Npgsql;

namespace OperationTracker.Postgres;

/// <summary>
/// Puts a walk over the whole log behind others on the same machine: it takes what processor time is left, and
/// whoever serves, and becomes ready to, need not wait until the walk's turn is over. Where it cannot be done
/// (another system, a server elsewhere, no right to it), things are as they were.
/// </summary>
public static class Priority
{
    private const int OfProcess = 0;

    /// <summary>Of the scale from -20 to 19; a process at 0 gets nine times the time of one at 10.</summary>
    private const int Nice = 10;

    /// <summary>Lowers that of this process, threads that are to come included.</summary>
    public static void Lower()
    {
        if (!OperatingSystem.IsLinux()) return;
        // On Linux each thread has a priority of its own, and gives it to those that it starts.
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
            _ = SetPriority(OfProcess, uint.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), Nice);
    }

    /// <summary>
    /// Lowers that of the server's process behind a session over a socket of this machine. Nobody may give it back,
    /// so the session must never hold a lock that others wait for.
    /// </summary>
    internal static void LowerServerOf(NpgsqlConnection session)
    {
        if (SessionProcess.Find(session) is { } process)
            _ = SetPriority(OfProcess, (uint)process, Nice);
    }

    [DllImport("libc", EntryPoint = "setpriority")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SetPriority(int which, uint who, int priority);
}
