using System.Globalization;
using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Servers that outlived their tracker. They hold the cluster, so they are stopped, in order, before a new one starts;
/// the data directory's lock says that no living tracker wants them. A process counts as ours if it is a
/// <c>postgres</c> and works in our cluster: a pid in a file may long be somebody else's.
/// </summary>
internal static class LeftoverServers
{
    private static readonly TimeSpan FastStop = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ImmediateStop = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    public static async Task StopAsync(string cluster, ILogger logger, TimeProvider clock, CancellationToken cancel)
    {
        var pidFile = Path.Combine(cluster, "postmaster.pid");
        var running = In(cluster);
        if (running.Count > 0)
        {
            var postmaster = PidIn(pidFile) is { } pid && running.Contains(pid) ? pid : running[0];
            logger.StoppingLeftover(postmaster, cluster);
            Posix.Signal(postmaster, Posix.Interrupt);
            if (!await GoneAsync(cluster, FastStop, clock, cancel))
            {
                foreach (var left in In(cluster)) Posix.Signal(left, Posix.Quit);
                if (!await GoneAsync(cluster, ImmediateStop, clock, cancel))
                    throw new EmbeddedPostgresException(
                        EmbeddedPostgresProblem.AlreadyRunning,
                        $"A PostgreSQL of an earlier tracker, process {postmaster}, still runs on {cluster} and does " +
                        "not stop. Look at what holds it (its disk?), stop it, and start again.");
            }
        }

        // PostgreSQL removes the file of a dead pid by itself, but takes any living process of its user for a server.
        if (PidIn(pidFile) is { } stale && Posix.IsAlive(stale)) File.Delete(pidFile);
    }

    /// <summary>The pids of servers, and of their children, that work in the cluster.</summary>
    public static List<int> In(string cluster)
    {
        var found = new List<int>();
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out var pid)
                && Link(process, "cwd") == cluster && IsServer(process))
                found.Add(pid);
        }

        found.Sort();
        return found;
    }

    /// <summary>
    /// A process that is ending has no program any more, and for a moment still the server's shared memory, with which
    /// no other server starts. Its directory it gives up after that.
    /// </summary>
    private static bool IsServer(string process) => Link(process, "exe") is { } program
        ? Path.GetFileName(program) is "postgres" or "postgres (deleted)"
        : NameOf(process) == "postgres";

    private static async Task<bool> GoneAsync(
        string cluster, TimeSpan limit, TimeProvider clock, CancellationToken cancel)
    {
        var since = clock.GetTimestamp();
        while (In(cluster).Count > 0)
        {
            if (clock.GetElapsedTime(since) > limit) return false;
            await Task.Delay(Poll, clock, cancel);
        }

        return true;
    }

    private static int? PidIn(string file)
    {
        try
        {
            var first = File.ReadLines(file).FirstOrDefault();
            return int.TryParse(first, CultureInfo.InvariantCulture, out var pid) ? pid : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static string? NameOf(string process)
    {
        try
        {
            return File.ReadAllText($"{process}/comm").TrimEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Link(string process, string name)
    {
        try
        {
            return new FileInfo($"{process}/{name}").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended in the meantime, or it is another user's: then it cannot be in a directory of ours.
            return null;
        }
    }
}
