using Microsoft.Extensions.Logging;

namespace OperationTracker.Postgres.Embedded;

/// <summary>Everything that the private PostgreSQL says in the log.</summary>
internal static partial class EmbeddedPostgresLog
{
    [LoggerMessage(4100, LogLevel.Information, "Making a PostgreSQL cluster in {Cluster}, version {Version}")]
    public static partial void CreatingCluster(this ILogger logger, string cluster, string version);

    [LoggerMessage(4101, LogLevel.Information, "PostgreSQL {Version} runs on {Cluster} as user {User}, process {Pid}")]
    public static partial void ServerReady(this ILogger logger, string version, string cluster, string user, int pid);

    [LoggerMessage(4102, LogLevel.Information, "PostgreSQL is still starting; it last reported {Silence} ago")]
    public static partial void StillStarting(this ILogger logger, TimeSpan silence);

    [LoggerMessage(4103, LogLevel.Warning,
        "Stopping process {Pid}, a PostgreSQL that outlived its tracker, on {Cluster}")]
    public static partial void StoppingLeftover(this ILogger logger, int pid, string cluster);

    [LoggerMessage(4104, LogLevel.Error, "{Problem}")]
    public static partial void ServerEnded(this ILogger logger, string problem);

    [LoggerMessage(4105, LogLevel.Warning, "PostgreSQL, process {Pid}, did not stop in {Waited}; stopping it at once")]
    public static partial void StoppingAtOnce(this ILogger logger, int pid, TimeSpan waited);

    [LoggerMessage(4106, LogLevel.Error, "PostgreSQL, process {Pid}, does not stop; the next start will try again")]
    public static partial void DoesNotStop(this ILogger logger, int pid);

    [LoggerMessage(4107, LogLevel.Warning, "The data directory {Path} is no safe place for data: {Reason}")]
    public static partial void UnsafePlace(this ILogger logger, string path, string reason);

    [LoggerMessage(4108, LogLevel.Warning,
        "There is no setpriv of util-linux: PostgreSQL outlives a killed tracker, until the next start stops it")]
    public static partial void NoParentDeathSignal(this ILogger logger);

    [LoggerMessage(4109, LogLevel.Warning,
        "What the cluster grows by is left to the kernel, which writes it in bursts that commits wait for: {Reason}")]
    public static partial void GrowthNotWritten(this ILogger logger, string reason);

    [LoggerMessage(4110, LogLevel.Debug, "Filled {Files} files for the log to go on in, in {Elapsed}")]
    public static partial void LogReserveFilled(this ILogger logger, long files, TimeSpan elapsed);

    [LoggerMessage(4111, LogLevel.Information,
        "The files that the log will go on in were not filled; until a checkpoint leaves some, commits take longer: "
        + "{Reason}")]
    public static partial void LogReserveNotFilled(this ILogger logger, string reason);

    [LoggerMessage(4120, LogLevel.Debug, "postgres {Backend}: {Message}")]
    public static partial void ServerRoutine(this ILogger logger, string backend, string message);

    [LoggerMessage(4121, LogLevel.Information, "postgres {Backend}: {Message}")]
    public static partial void ServerNotice(this ILogger logger, string backend, string message);

    [LoggerMessage(4122, LogLevel.Warning, "postgres {Backend}: {Message}")]
    public static partial void ServerWarning(this ILogger logger, string backend, string message);

    [LoggerMessage(4123, LogLevel.Error, "postgres {Backend}: {Message}")]
    public static partial void ServerComplaint(this ILogger logger, string backend, string message);

    [LoggerMessage(4124, LogLevel.Debug, "postgres: {Severity} {SqlState} about a statement")]
    public static partial void StatementReported(this ILogger logger, string severity, string sqlState);
}
