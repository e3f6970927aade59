using Npgsql;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// What errors of the database mean; the only file that knows SqlStates. The question is always the same: is it certain
/// that nothing was stored, and would the same call fail again? A commit whose outcome is unknown is never replayed.
/// </summary>
internal static class PostgresErrors
{
    /// <summary>Raised by <c>append_flight</c>; classes that begin with O are no one's.</summary>
    private const string AppendLockHeld = "OT001";

    /// <summary>Raised by <c>swap_operations</c>: a table got an index that its copy has not.</summary>
    private const string IndexesDiffer = "OT002";

    /// <summary>Raised by <c>swap_operations</c>: somebody else goes on with the rebuild.</summary>
    private const string RebuildLost = "OT003";

    /// <summary>Raised by <c>redact_events</c>.</summary>
    private const string StreamMoved = "OT004";

    /// <summary>idle_in_transaction_session_timeout, which Npgsql has no name for.</summary>
    private const string IdleInTransaction = "25P03";

    /// <summary>
    /// What a failure means while nothing that changes anything had been sent: opening a connection, reading.
    /// </summary>
    public static EventStoreException BeforeSending(Exception fault) => fault switch
    {
        EventStoreException known => known,
        PostgresException { SqlState: PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted } damage =>
            new(StoreFailure.Failed, $"The database's files are damaged (SqlState {damage.SqlState}).", fault),
        PostgresException { SqlState: var state } => RefusesForNow(state) || Terminates(state)
            ? new(
                StoreFailure.RefusedForNow,
                state == PostgresErrorCodes.DiskFull
                    ? $"The database has no space left on its disk (SqlState {state})."
                    : $"The database refuses for now (SqlState {state}).",
                fault)
            : new(StoreFailure.Failed, $"The database refused (SqlState {state}).", fault),
        NpgsqlException or TimeoutException or IOException or System.Net.Sockets.SocketException =>
            new(StoreFailure.Unreachable, "The database cannot be reached.", fault),
        _ => new(StoreFailure.Failed, $"The database call failed ({fault.GetType().Name}).", fault),
    };

    /// <summary>What a failure means once an append had been sent.</summary>
    public static EventStoreException AfterSending(Exception fault) => fault switch
    {
        PostgresException end when HasEnded(end) =>
            new(StoreFailure.OutcomeUnknown, $"The database ended the connection (SqlState {end.SqlState}).", fault),
        PostgresException => BeforeSending(fault),
        _ => new(StoreFailure.OutcomeUnknown, "The connection broke before the database answered.", fault),
    };

    /// <summary>Whether another writer was there first: rolled back, and to be decided anew.</summary>
    public static bool IsConflict(Exception fault) => fault is PostgresException
    {
        SqlState: PostgresErrorCodes.UniqueViolation,
        ConstraintName: "pk_mt_events_stream_and_version" or "pkey_mt_streams_id",
    };

    /// <summary>Whether a redaction met a change of its stream: rolled back, and to be prepared anew.</summary>
    public static bool IsStreamMoved(Exception fault) => fault is PostgresException { SqlState: StreamMoved };

    /// <summary>
    /// Whether the append lock was not to be had: rolled back, no fault of any change in the flight, to be tried again.
    /// </summary>
    public static bool IsAppendLockHeld(Exception fault) => fault is PostgresException { SqlState: AppendLockHeld };

    /// <summary>Whether a table has indexes that its copy lacks: nothing was swapped.</summary>
    public static bool IsIndexMissing(Exception fault) => fault is PostgresException { SqlState: IndexesDiffer };

    /// <summary>Whether a rebuild is not the caller's any more: nothing was swapped.</summary>
    public static bool IsRebuildLost(Exception fault) => fault is PostgresException { SqlState: RebuildLost };

    /// <summary>Whether the server has ended the session because its client was silent within a transaction.</summary>
    public static bool IsEndedForSilence(Exception fault) => fault is PostgresException { SqlState: IdleInTransaction };

    /// <summary>Whether the role may not do it, or the server is a standby.</summary>
    public static bool IsNotAllowed(Exception fault) => fault is PostgresException
    {
        SqlState: PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.ReadOnlySqlTransaction,
    };

    /// <summary>Whether the tracker's tables, or one of this build's, are not there.</summary>
    public static bool IsSchemaMissing(Exception fault) => fault is PostgresException
    {
        SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedFunction
            or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn,
    };

    /// <summary>Whether it was rolled back because of somebody else's locks, and may be tried again.</summary>
    public static bool IsContention(Exception fault) => fault is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected
            or PostgresErrorCodes.LockNotAvailable,
    };

    /// <summary>
    /// Whether the server said for certain that it took nothing, and says so again of the same change.
    /// </summary>
    public static bool IsDeterministic(Exception fault) =>
        fault is PostgresException refusal && !RefusesForNow(refusal.SqlState) && !HasEnded(refusal);

    /// <summary>
    /// Insufficient resources, operator intervention short of ending the connection, a statement that took too long, a
    /// transaction rolled back by others, objects not in the needed state, a standby, a system error such as a full
    /// disk.
    /// </summary>
    private static bool RefusesForNow(string state) =>
        state.StartsWith("53", StringComparison.Ordinal) || state.StartsWith("40", StringComparison.Ordinal)
        || state is AppendLockHeld or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.CannotConnectNow
            or PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.LockNotAvailable
            or PostgresErrorCodes.ObjectInUse or PostgresErrorCodes.SystemError or PostgresErrorCodes.IoError;

    /// <summary>
    /// Whether the session is over, whatever the reason. A full or failing disk has the same SqlState whether it fails
    /// a statement, which is rolled back, or the flush of a commit, which makes the server panic and then find that
    /// commit in its log.
    /// </summary>
    private static bool HasEnded(PostgresException fault) =>
        fault.InvariantSeverity is "FATAL" or "PANIC" || Terminates(fault.SqlState);

    /// <summary>
    /// The server is ending the connection, by order or by a crash. Such an error may come when the commit is done and
    /// only its answer is missing.
    /// </summary>
    private static bool Terminates(string state) =>
        state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown
            or PostgresErrorCodes.DatabaseDropped or PostgresErrorCodes.IdleSessionTimeout
            or IdleInTransaction
        || state.StartsWith("08", StringComparison.Ordinal) || state.StartsWith("XX", StringComparison.Ordinal);
}
