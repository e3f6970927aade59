using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// A row of <c>past_operations</c>: what <c>operations</c> said of an operation from one change to the next. Holds no
/// document.
/// </summary>
internal sealed record PastOperationRow(
    string OperationId, long StreamVersion, DateTime ValidFrom, DateTime ValidTo, string OccurredTime,
    string LastUpdateTime, string Status, string RequestMethod, string RequestUri, string[] ClusterIds)
{
    /// <summary>What is kept of a state once another has taken its place.</summary>
    public static PastOperationRow Of(
        string streamId, OperationState state, OperationDocument document, DateTimeOffset from,
        DateTimeOffset until) => new(
        streamId, state.Version, from.UtcDateTime, until.UtcDateTime, OperationRow.Indexed(document.OccurredTime),
        OperationRow.Indexed(document.LastUpdateTime), document.Status.ToText(), document.Request.Method.ToText(),
        document.Request.Uri, OperationRow.ClusterIdsOf(document));
}
