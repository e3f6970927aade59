using System.Text.Json;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Operations;

/// <summary>
/// The names of the contract's table, object by object and in its order, which is the order of answers. Reader and
/// writer share them; a member's index is its place here.
/// </summary>
internal static class OperationMembers
{
    public static readonly JsonEncodedText[] Document = Encode(
        "operation_id", "occurred_time", "last_update_time", "status", "sub_status", "request", "response",
        "target_clusters", "rollbacks");

    public static readonly JsonEncodedText[] Request = Encode("uri", "method", "body");

    public static readonly JsonEncodedText[] Response = Encode("status_code", "body");

    public static readonly JsonEncodedText[] Cluster = Encode("cluster_id", "request", "response");

    public static readonly JsonEncodedText[] Rollback = Encode("result", "occurred_time", "target_clusters");

    public static readonly string[] Statuses = [.. Enum.GetValues<OperationStatus>().Select(OperationStatuses.ToText)];

    public static readonly string[] Methods = [.. Enum.GetValues<RequestMethod>().Select(RequestMethods.ToText)];

    public static readonly string[] RollbackResults =
        [.. Enum.GetValues<RollbackResult>().Select(Operations.RollbackResults.ToText)];

    private static JsonEncodedText[] Encode(params string[] names) =>
        [.. names.Select(name => JsonEncodedText.Encode(name, CanonicalJsonEncoder.Instance))];
}
