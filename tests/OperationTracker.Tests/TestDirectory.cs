using System.Diagnostics;
using System.Globalization;

namespace OperationTracker.Tests;

/// <summary>
/// Fresh directories for tests, under a place that every user can walk to, because a server that root starts runs as
/// another user. A directory is named after the process that made it; those of processes that are gone are removed.
/// </summary>
public static class TestDirectory
{
    private const string Prefix = "optrack-test-";

    private static readonly Lazy<string> Place = new(FindPlace);

    /// <summary>
    /// Kept, because a collected process object closes its pipe, and the shell takes that for this process's end.
    /// </summary>
    private static readonly List<Process> Removers = [];

    /// <summary>Makes an empty directory; <see cref="Delete"/> it.</summary>
    public static string Create(string purpose)
    {
        var unique = Guid.NewGuid().ToString("N")[..8];
        var path = Path.Combine(Place.Value, $"{Prefix}{Environment.ProcessId}-{purpose}-{unique}");
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>Deletes a directory with all that is in it, if it is there.</summary>
    public static void Delete(string path)
    {
        if (Directory.Exists(path)) Directory.Delete(path, recursive: true);
    }

    /// <summary>
    /// Deletes a directory when this process has ended, in whatever way, and the file in it that says that it is in use
    /// is gone: a shell waits for the end of a pipe that this process holds open.
    /// </summary>
    public static void DeleteAfterThisProcess(string path, string until)
    {
        const string Script = """
            cat; tries=0
            while [ -e "$1/$2" ] && [ $tries -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
            rm -rf "$1"
            """;
        var shell = new ProcessStartInfo("/bin/sh", ["-c", Script, "sh", path, until]) { RedirectStandardInput = true };
        Removers.Add(Process.Start(shell)!);
    }

    private static string FindPlace()
    {
        var asked = Path.GetTempPath().TrimEnd('/');
        var place = OthersMayWalkTo(asked) ? asked : "/var/tmp";
        foreach (var left in Directory.EnumerateDirectories(place, Prefix + "*").Where(IsAbandoned))
        {
            try
            {
                Delete(left);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is another user's, or another run removes it too.
            }
        }

        return place;
    }

    private static bool OthersMayWalkTo(string path)
    {
        for (var each = new DirectoryInfo(path); each is not null; each = each.Parent)
            if (!each.Exists || !each.UnixFileMode.HasFlag(UnixFileMode.OtherExecute)) return false;
        return true;
    }

    private static bool IsAbandoned(string path) =>
        Path.GetFileName(path)[Prefix.Length..].Split('-')[0] is var pid
        && int.TryParse(pid, CultureInfo.InvariantCulture, out _)
        && !Directory.Exists($"/proc/{pid}");
}
