using Npgsql;

namespace OperationTracker.Postgres;

/// <summary>The server's process behind a session, where it is one of this machine.</summary>
internal static class SessionProcess
{
    /// <summary>
    /// Its number; null where the session is not one over a socket of this machine, or its process is not among those
    /// that this one sees: a container may share its socket and not its processes, and another one has its number here.
    /// </summary>
    public static int? Find(NpgsqlConnection session)
    {
        if (!OperatingSystem.IsLinux() || session.Host is not ['/', ..])
            return null;
        try
        {
            return File.ReadAllText($"/proc/{session.ProcessID}/comm").TrimEnd() == "postgres"
                ? session.ProcessID
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
