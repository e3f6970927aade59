namespace OperationTracker.Postgres.Embedded;

/// <summary>What the operator may choose about the private PostgreSQL. Everything has a default that works.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>
    /// The directory that holds the cluster, its lock and its socket. Null: <c>$STATE_DIRECTORY</c>, else
    /// <c>/var/lib/optrack</c> as root, else <c>${XDG_DATA_HOME:-~/.local/share}/optrack</c>. A directory that is
    /// given here is used even where data is not safe (a memory file system, /tmp), with a warning.
    /// </summary>
    public string? DataDirectory { get; init; }

    /// <summary>The directory of <c>postgres</c> and <c>initdb</c>; null: they are looked for.</summary>
    public string? BinDirectory { get; init; }

    /// <summary>
    /// The operating system user that runs the server when this process is root; PostgreSQL refuses to be root.
    /// Null: the owner of an existing cluster, else <c>postgres</c>. Not used when this process is not root.
    /// </summary>
    public string? RunAs { get; init; }

    /// <summary>A port on 127.0.0.1, with a password, for other programs of this machine; null: none.</summary>
    public int? TcpPort { get; init; }

    /// <summary>The server's <c>max_connections</c>: the tracker's pool, and ten for people and backups.</summary>
    public int MaxConnections { get; init; } = 100;

    /// <summary>
    /// How long a starting server may be silent before the start is given up. Recovery after a crash can take longer
    /// than this: the server reports its progress every ten seconds, and each line that it writes begins the wait anew.
    /// </summary>
    public TimeSpan StartupTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long after its start a new server begins to fill the files that its log will go on in: the disk is left to
    /// those who wait for the start.
    /// </summary>
    internal TimeSpan FillLogAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>False as if the machine had no setpriv: the server then outlives a killed tracker.</summary>
    internal bool UseSetpriv { get; init; } = true;
}
