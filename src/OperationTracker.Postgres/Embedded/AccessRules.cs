namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Who may connect: over the socket, the tracker's user and the server's user, known by their user ids, as the
/// tracker's role and as the administrator; over loopback, if it was asked for, the tracker's role with its password.
/// The files are the tracker's own, written anew at each start, and outside of what the server can write.
/// </summary>
internal static class AccessRules
{
    private const string Map = "optrack";

    public static void Write(DataDirectory data, OsUser serverUser, bool tcp)
    {
        string[] rules =
        [
            "# Written at each start of the tracker.",
            $"local all all peer map={Map}",
            $"local replication all peer map={Map}",
            .. tcp
                ? [$"host {EmbeddedDatabase.Name} {EmbeddedDatabase.Owner} 127.0.0.1/32 scram-sha-256"]
                : (string[])[],
        ];
        string[] users = [serverUser.Name, Posix.FindUser(Posix.EffectiveUid)?.Name ?? serverUser.Name];
        string[] roles = [EmbeddedDatabase.Owner, EmbeddedDatabase.Administrator];
        var map = users.Distinct().SelectMany(user => roles.Select(role => $"{Map} \"{user}\" {role}"));
        WriteReadable(data.AccessRules, rules);
        WriteReadable(data.UserMap, ["# Written at each start of the tracker.", .. map]);
    }

    // There is no secret in it, and the server's user has to read it.
    private static void WriteReadable(string path, IEnumerable<string> lines)
    {
        var temporary = path + ".new";
        File.WriteAllLines(temporary, lines);
        Posix.ChangeMode(temporary, Convert.ToInt32("644", 8));
        File.Move(temporary, path, overwrite: true);
    }
}
