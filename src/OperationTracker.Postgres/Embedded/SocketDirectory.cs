using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Where the server's Unix socket is: <c>run</c> in the data directory, so that people find it. The kernel allows 107
/// bytes for a socket's whole path, and clients take some signs for separators; a data directory that does not bear
/// this has its socket in a runtime directory, under a name that is derived from it.
/// </summary>
internal static class SocketDirectory
{
    private const int LongestSocketPath = 100;
    private static readonly SearchValues<char> Separators = SearchValues.Create(",:;'\"\\@\n");

    public static string Prepare(DataDirectory data, ServerUser user)
    {
        var path = Choose(data);
        try
        {
            Directory.CreateDirectory(path);
            if (new DirectoryInfo(path).LinkTarget is not null)
                throw DataDirectory.Unusable($"The socket directory {path} is a symbolic link; remove it.");
            // Only its owner and root enter. Who connects is asked once more by the server, which sees their user id.
            if (user.DropsPrivileges) Posix.ChangeOwner(path, user.Account);
            Posix.ChangeMode(path, Convert.ToInt32("700", 8));
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw DataDirectory.Unusable($"The socket directory {path} cannot be used: {e.Message}", e);
        }
    }

    /// <summary>Removes a socket directory that stands outside of the data, once nothing is in it any more.</summary>
    public static void Remove(DataDirectory data, string sockets)
    {
        if (sockets == data.Sockets) return;
        try
        {
            Directory.Delete(sockets);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A server that did not stop still has its socket there; the next start uses the same directory.
        }
    }

    private static string Choose(DataDirectory data)
    {
        if (Bears(data.Sockets)) return data.Sockets;
        var name = "optrack-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(data.Path)))[..8];
        string?[] places =
        [
            Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY")?.Split(':')[0],
            Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"),
            Posix.IsRoot ? "/run" : "/tmp",
        ];
        return places.Where(place => place is ['/', ..] && Directory.Exists(place))
            .Select(place => Path.Combine(place!, name))
            .FirstOrDefault(Bears)
            ?? throw DataDirectory.Unusable(
                $"The path of {data.Path} is too long for a Unix socket. Name a shorter directory with --data.");
    }

    private static bool Bears(string directory) =>
        !directory.AsSpan().ContainsAny(Separators)
        && Encoding.UTF8.GetByteCount(Path.Combine(directory, ".s.PGSQL.65535.lock")) <= LongestSocketPath;
}
