namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Who runs the server. PostgreSQL refuses to run as root, so root hands it to somebody else; nobody is created for it.
/// Any other user runs it as itself.
/// </summary>
internal sealed record ServerUser(OsUser Account, bool DropsPrivileges)
{
    public static ServerUser Choose(string? asked, DataDirectory data)
    {
        if (!Posix.IsRoot) return new ServerUser(Self(), DropsPrivileges: false);
        var owner = OwnerOf(data.Cluster);
        if (asked is not null) return new ServerUser(Asked(asked, owner, data), DropsPrivileges: true);
        var account = Unprivileged(owner)
            ?? Unprivileged(Posix.FindUser("postgres"))
            ?? Unprivileged(OwnerOf(data.Path))
            ?? throw Nobody(
                "PostgreSQL does not run as root, and there is no user \"postgres\" to run it. Install PostgreSQL, " +
                "name a user with --pg-user, or start the tracker as a user that is not root.");
        return new ServerUser(account, DropsPrivileges: true);
    }

    private static OsUser Self() => Posix.FindUser(Posix.EffectiveUid) ?? throw Nobody(
        $"PostgreSQL does not run as a user without a name, and the user id {Posix.EffectiveUid} has none. " +
        "Add it to /etc/passwd, start the tracker as another user, or use a server of your own with --database.");

    private static OsUser Asked(string name, OsUser? owner, DataDirectory data)
    {
        var user = Posix.FindUser(name) ?? throw Nobody($"There is no user \"{name}\" to run PostgreSQL.");
        if (user.Uid == 0) throw Nobody("PostgreSQL does not run as root. Name another user with --pg-user.");
        if (owner is not null && owner.Uid != user.Uid)
            throw Nobody($"The cluster {data.Cluster} belongs to {owner.Name}, so {name} cannot run it. " +
                "Leave --pg-user out, or give the cluster to the other user with chown -R.");
        return user;
    }

    private static OsUser? OwnerOf(string path) =>
        Directory.Exists(path) ? Posix.FindUser(Posix.OwnerOf(path)) : null;

    private static OsUser? Unprivileged(OsUser? user) => user is { Uid: not 0 } ? user : null;

    private static EmbeddedPostgresException Nobody(string message) =>
        new(EmbeddedPostgresProblem.NoUnprivilegedUser, message);
}
