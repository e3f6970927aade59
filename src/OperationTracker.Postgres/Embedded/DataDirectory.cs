using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Where the data stands. The directory belongs to whoever runs the tracker; the cluster in it, and the socket
/// directory, belong to the user that runs the server. So when root starts the tracker, nothing that root reads can be
/// written by a server that was taken over.
/// </summary>
internal sealed record DataDirectory(string Path)
{
    private static readonly string[] UnsafeFileSystems = ["tmpfs", "ramfs", "nfs", "nfs4"];
    private static readonly string[] TemporaryPlaces = ["/tmp", "/var/tmp", "/dev/shm", "/run"];

    public string Cluster => System.IO.Path.Combine(Path, "postgres");

    public string Lock => System.IO.Path.Combine(Path, "optrack.lock");

    public string Record => System.IO.Path.Combine(Path, "optrack-pg.json");

    public string AccessRules => System.IO.Path.Combine(Path, "optrack-hba.conf");

    public string UserMap => System.IO.Path.Combine(Path, "optrack-ident.conf");

    public string PasswordFile => System.IO.Path.Combine(Path, "optrack.pgpass");

    public string Sockets => System.IO.Path.Combine(Path, "run");

    /// <summary>The directory that is asked for, or the one that is usual for this user; not made yet.</summary>
    public static DataDirectory Choose(string? asked) => new(System.IO.Path.GetFullPath(asked ?? Default()));

    /// <summary>Makes the directory and its parents if they are not there, and resolves its symbolic links.</summary>
    public DataDirectory Make(bool asked, ILogger logger)
    {
        try
        {
            var made = !Directory.Exists(Path);
            if (made) Directory.CreateDirectory(Path);
            // As root the server's user has to pass through to the cluster, and need not see what else is there.
            if (made) Posix.ChangeMode(Path, Posix.IsRoot ? Convert.ToInt32("711", 8) : Convert.ToInt32("700", 8));
            var resolved = Posix.RealPath(Path);
            CheckSafe(resolved, asked, logger);
            return new DataDirectory(resolved);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"The data directory {Path} cannot be made: {e.Message} Name another one with --data.", e);
        }
    }

    public static EmbeddedPostgresException Unusable(string message, Exception? cause = null) =>
        new(EmbeddedPostgresProblem.DirectoryUnusable, message, cause);

    private static string Default()
    {
        // systemd gives a list when a unit has several state directories; the first is the unit's own.
        if (Environment.GetEnvironmentVariable("STATE_DIRECTORY") is { Length: > 0 } state) return state.Split(':')[0];
        if (Posix.IsRoot) return "/var/lib/optrack";
        if (Environment.GetEnvironmentVariable("XDG_DATA_HOME") is ['/', ..] data)
            return System.IO.Path.Combine(data, "optrack");
        if (Environment.GetEnvironmentVariable("HOME") is ['/', ..] home)
            return System.IO.Path.Combine(home, ".local", "share", "optrack");
        throw Unusable("There is no home directory to keep the data in. Name a data directory with --data.");
    }

    private static void CheckSafe(string path, bool asked, ILogger logger)
    {
        var reason = TemporaryPlaces.FirstOrDefault(place => path.StartsWith(place + "/", StringComparison.Ordinal)) is
            { } temporary
            ? $"{temporary} is cleared from time to time"
            : FileSystemOf(path) is { } kind && UnsafeFileSystems.Contains(kind) ? $"it is on {kind}" : null;
        if (reason is null) return;
        if (!asked) throw Unusable($"{path} is no safe place for data: {reason}. Name a directory with --data.");
        logger.UnsafePlace(path, reason);
    }

    private static string? FileSystemOf(string path)
    {
        try
        {
            return new DriveInfo(path).DriveFormat;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
