using System.Net;
using OperationTracker.Postgres.Embedded;

namespace OperationTracker.Cli;

/// <summary>
/// What the process tells its caller when it ends. Scripts depend on these numbers, so they stand here once
/// and are never given another meaning.
/// </summary>
internal static class ExitCodes
{
    public const int Done = 0;
    public const int Failed = 1;

    /// <summary>The command was not understood; nothing was asked of any server.</summary>
    public const int Usage = 2;

    public const int NotFound = 3;

    /// <summary>A precondition did not hold, the status would have gone back, or a lock is held by another.</summary>
    public const int Conflict = 4;

    public const int VerificationFailed = 5;
    public const int DifferencesFound = 6;

    /// <summary>EX_UNAVAILABLE of sysexits.h: asking again later may succeed.</summary>
    public const int Unavailable = 69;

    /// <summary>128 + SIGINT, as shells report a program that Ctrl-C ended.</summary>
    public const int Interrupted = 130;

    public static int Of(EmbeddedPostgresProblem problem) => problem switch
    {
        EmbeddedPostgresProblem.AlreadyRunning => Conflict,
        EmbeddedPostgresProblem.NotRunning => Unavailable,
        _ => Failed,
    };

    public static int Of(HttpStatusCode status) => status switch
    {
        >= HttpStatusCode.OK and < HttpStatusCode.Ambiguous => Done,
        HttpStatusCode.NotFound => NotFound,
        HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed => Conflict,
        HttpStatusCode.ServiceUnavailable => Unavailable,
        _ => Failed,
    };
}
