using System.Globalization;
using System.Text;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// The tracker's claim to its data directory: an exclusive flock, which the kernel frees when the process dies,
/// however it dies. The file holds the pid of its holder, for the sentence that refuses the second; it is never
/// deleted, because a deleted lock file can be locked by one process while another makes a new one.
/// </summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private const int LongestPid = 32;

    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file) => _file = file;

    public static DataDirectoryLock Take(DataDirectory data)
    {
        FileStream file;
        try
        {
            // On Linux the base library takes flock(LOCK_EX | LOCK_NB) for a file that is not to be shared.
            file = new FileStream(data.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw DataDirectory.Unusable(
                $"The data directory {data.Path} cannot be written by this user: {e.Message} " +
                "Start the tracker as the directory's owner, or name another one with --data.", e);
        }
        catch (IOException e) when (Holder(data) is { } holder)
        {
            throw new EmbeddedPostgresException(
                EmbeddedPostgresProblem.AlreadyRunning,
                $"A tracker already runs on {data.Path}, as process {holder}. Stop it first, name another directory " +
                "with --data, or let both use one PostgreSQL server with --database.", e);
        }
        catch (IOException e)
        {
            throw DataDirectory.Unusable($"The data directory {data.Path} cannot be locked: {e.Message}", e);
        }

        file.SetLength(0);
        file.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n")));
        file.Flush();
        return new DataDirectoryLock(file);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The pid in the file, read without a lock; null if it cannot be read.</summary>
    private static string? Holder(DataDirectory data)
    {
        try
        {
            Span<byte> content = stackalloc byte[LongestPid];
            // The base library's own ways of opening a file ask for a lock, which the holder does not let in.
            using var file = Posix.OpenToRead(data.Lock);
            var pid = Encoding.ASCII.GetString(content[..RandomAccess.Read(file, content, 0)]).Trim();
            return pid.Length > 0 ? pid : "(just starting)";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
