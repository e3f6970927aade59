using System.Globalization;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// The tracker's own PostgreSQL as another process runs it: for commands that connect to it beside the tracker.
/// </summary>
public static class RunningServer
{
    /// <summary>Lines of <c>postmaster.pid</c>, as PostgreSQL's own <c>pg_ctl</c> reads them.</summary>
    private const int PidLine = 0;

    private const int PortLine = 3;
    private const int SocketLine = 4;

    /// <summary>
    /// The connection string of the server that runs on this data directory, as the tracker's own role; null stands for
    /// the directory that <c>optrack serve</c> takes when it is not told another.
    /// </summary>
    /// <exception cref="EmbeddedPostgresException">None runs there; the message says where was looked.</exception>
    public static string Find(string? dataDirectory)
    {
        var data = DataDirectory.Choose(dataDirectory);
        var pidFile = ReadPidFile(data);
        if (pidFile.Length <= SocketLine
            || !int.TryParse(pidFile[PidLine], CultureInfo.InvariantCulture, out var pid)
            || !int.TryParse(pidFile[PortLine], CultureInfo.InvariantCulture, out var port)
            || !LeftoverServers.In(Resolved(data).Cluster).Contains(pid))
        {
            throw NotRunning(data);
        }

        return EmbeddedDatabase.Connection(pidFile[SocketLine], port, EmbeddedDatabase.Owner, EmbeddedDatabase.Name);
    }

    private static string[] ReadPidFile(DataDirectory data)
    {
        try
        {
            return File.ReadAllLines(Path.Combine(data.Cluster, "postmaster.pid"));
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            throw NotRunning(data, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw DataDirectory.Unusable(
                $"The data directory {data.Path} cannot be read by this user: {fault.Message} Be the user that runs the"
                + " tracker, or name a database with --database.", fault);
        }
    }

    /// <summary>The kernel names the directory that a process works in without symbolic links.</summary>
    private static DataDirectory Resolved(DataDirectory data) => new(Posix.RealPath(data.Path));

    private static EmbeddedPostgresException NotRunning(DataDirectory data, Exception? cause = null) => new(
        EmbeddedPostgresProblem.NotRunning,
        $"No PostgreSQL of a tracker runs on the data directory {data.Path}. Start it with optrack serve,"
        + " name its directory with --data, or name a database with --database or OPTRACK_DATABASE.", cause);
}
