using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Embedded;

/// <summary>The cluster on disk: which version wrote it, and how a new one is made.</summary>
internal static class Cluster
{
    /// <summary>The major version that wrote the cluster; null if there is none yet. Repairs nothing.</summary>
    public static int? MajorOf(DataDirectory data)
    {
        if (!Directory.Exists(data.Cluster)) return null;
        var version = Path.Combine(data.Cluster, "PG_VERSION");
        try
        {
            var content = File.ReadAllText(version).Trim();
            if (int.TryParse(content, CultureInfo.InvariantCulture, out var major)) return major;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotACluster(data, e);
        }

        throw NotACluster(data, null);
    }

    /// <summary>
    /// Makes the cluster in a directory beside its place and renames it there when all of it is on disk: after a crash
    /// there is either no cluster or a whole one. The locale is one that no update of the operating system can
    /// re-order, because indexes of text depend on the order.
    /// </summary>
    public static async Task CreateAsync(
        DataDirectory data, PostgresBinaries binaries, SpawnThread spawn, UnprivilegedCommand run, ILogger logger,
        CancellationToken cancel)
    {
        var temporary = string.Create(CultureInfo.InvariantCulture, $"{data.Cluster}.new-{Environment.ProcessId}");
        logger.CreatingCluster(data.Cluster, binaries.Version);
        Directory.CreateDirectory(temporary);
        Posix.ChangeMode(temporary, Convert.ToInt32("700", 8));
        if (run.User.DropsPrivileges) Posix.ChangeOwner(temporary, run.User.Account);
        var made = await ProgramRun.RunAsync(spawn, run, binaries.InitDb, Arguments(temporary, binaries), cancel);
        if (made.ExitCode != 0)
        {
            RemoveAbandoned(data);
            throw new EmbeddedPostgresException(
                EmbeddedPostgresProblem.StartFailed,
                $"PostgreSQL could not make its cluster in {data.Path}: {made.Complaint}");
        }

        var settings = NewClusterSettings.TextFor(
            GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, new DriveInfo(data.Path).AvailableFreeSpace,
            await HasLz4Async(temporary, binaries, spawn, run, cancel));
        Append(Path.Combine(temporary, "postgresql.conf"), settings);
        Directory.Move(temporary, data.Cluster);
        Posix.FlushDirectory(data.Path);
    }

    /// <summary>Removes what a crash left of clusters that were never finished. Needs the lock.</summary>
    public static void RemoveAbandoned(DataDirectory data)
    {
        foreach (var abandoned in Directory.EnumerateDirectories(data.Path, Path.GetFileName(data.Cluster) + ".new-*"))
            Directory.Delete(abandoned, recursive: true);
    }

    /// <summary>Whether the server takes a setting that only one that was built with lz4 does.</summary>
    private static async Task<bool> HasLz4Async(
        string cluster, PostgresBinaries binaries, SpawnThread spawn, UnprivilegedCommand run,
        CancellationToken cancel)
    {
        string[] arguments = ["-D", cluster, "-c", "wal_compression=lz4", "-C", "wal_compression"];
        return (await ProgramRun.RunAsync(spawn, run, binaries.Server, arguments, cancel)).ExitCode == 0;
    }

    private static void Append(string configuration, string settings)
    {
        using var file = new FileStream(configuration, FileMode.Append);
        file.Write(Encoding.UTF8.GetBytes(settings));
        file.Flush(flushToDisk: true);
    }

    private static string[] Arguments(string directory, PostgresBinaries binaries) =>
    [
        "--pgdata", directory, "--username", EmbeddedDatabase.Administrator, "--encoding", "UTF8", "--data-checksums",
        "--auth-local", "peer", "--auth-host", "scram-sha-256", "--no-instructions", "--locale", "C",
        .. binaries.Major >= 17 ? ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"] : (string[])[],
    ];

    private static EmbeddedPostgresException NotACluster(DataDirectory data, Exception? cause) =>
        DataDirectory.Unusable(
            $"{data.Cluster} exists, but it is no PostgreSQL cluster that this user can read " +
            $"({cause?.Message ?? "PG_VERSION holds no number"}). It was left as it is: restore it from a backup, " +
            "move it away, or name another directory with --data.",
            cause);
}
