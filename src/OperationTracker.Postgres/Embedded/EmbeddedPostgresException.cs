namespace OperationTracker.Postgres.Embedded;

/// <summary>Why the private PostgreSQL cannot run; the command line has an exit code for each.</summary>
public enum EmbeddedPostgresProblem
{
    /// <summary>No PostgreSQL of a supported version was found.</summary>
    BinariesNotFound,

    /// <summary>Another tracker holds the data directory.</summary>
    AlreadyRunning,

    /// <summary>The data was made by a major version of PostgreSQL that is not here.</summary>
    WrongMajorVersion,

    /// <summary>No tracker's server runs on the data directory.</summary>
    NotRunning,

    /// <summary>The data directory cannot be made, entered or used.</summary>
    DirectoryUnusable,

    /// <summary>This process is root, and there is no other user to run the server.</summary>
    NoUnprivilegedUser,

    /// <summary>PostgreSQL did not start, or could not make its cluster.</summary>
    StartFailed,

    /// <summary>The server runs with settings that can lose what it acknowledged.</summary>
    UnsafeSettings,

    /// <summary>This operating system is not supported.</summary>
    NotSupported,
}

/// <summary>The private PostgreSQL cannot run. The message is a sentence for people that says what to do.</summary>
public sealed class EmbeddedPostgresException : Exception
{
    /// <summary>A problem and the sentence that explains it.</summary>
    public EmbeddedPostgresException(EmbeddedPostgresProblem kind, string message, Exception? cause = null)
        : base(message, cause) => Kind = kind;

    /// <summary>What kind of problem it is.</summary>
    public EmbeddedPostgresProblem Kind { get; }
}
