using System.Runtime.InteropServices;

namespace OperationTracker.Cli;

/// <summary>
/// Whoever reads stdout may leave early, as <c>head</c> does. The runtime drops what is written then, without a word,
/// and ignores SIGPIPE; so a long list would be fetched to its end for nobody, unless the system is asked.
/// </summary>
internal static class BrokenPipe
{
    private const int StandardOutput = 1;
    private const short PollError = 8;

    /// <summary>Whether stdout is a pipe that nobody reads any more. Never waits.</summary>
    public static bool HasHappened()
    {
        if (OperatingSystem.IsWindows()) return false;
        var stdout = new PollDescriptor { Descriptor = StandardOutput };
        return Poll(ref stdout, 1, timeout: 0) > 0 && (stdout.Happened & PollError) != 0;
    }

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollDescriptor descriptors, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }
}
