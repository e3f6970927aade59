using System.Text.Json.Serialization;

namespace OperationTracker.Core.Operations;

/// <summary>How far an operation is. Written as in the contract: <c>unexecuted</c> … <c>canceled</c>.</summary>
[JsonConverter(typeof(OperationStatusConverter))]
public enum OperationStatus
{
    /// <summary>Accepted, not begun.</summary>
    Unexecuted,

    /// <summary>Under way.</summary>
    Executing,

    /// <summary>Ended well. Final.</summary>
    Completed,

    /// <summary>Ended badly. Final.</summary>
    Failed,

    /// <summary>Cancelled by the system. Final.</summary>
    Canceled,
}

/// <summary>The order among statuses, and their text.</summary>
public static class OperationStatuses
{
    private static readonly string[] Texts = ["unexecuted", "executing", "completed", "failed", "canceled"];

    /// <summary>The contract's word for the status.</summary>
    public static string ToText(this OperationStatus status) => Texts[(int)status];

    /// <summary>The status of a word of the contract; null for any other.</summary>
    public static OperationStatus? TryParse(string text) =>
        Array.IndexOf(Texts, text) is >= 0 and var index ? (OperationStatus)index : null;

    /// <summary>Whether nothing follows it but a correction.</summary>
    public static bool IsFinal(this OperationStatus status) => status >= OperationStatus.Completed;

    /// <summary>
    /// Whether a change from this status to <paramref name="next"/> would go back: from <c>executing</c> to
    /// <c>unexecuted</c>, or from a final one to either. From a final one to another final one is a correction.
    /// </summary>
    public static bool WouldGoBackTo(this OperationStatus status, OperationStatus next) => Rank(next) < Rank(status);

    private static int Rank(OperationStatus status) => Math.Min((int)status, (int)OperationStatus.Completed);
}

internal sealed class OperationStatusConverter() : WordConverter<OperationStatus>(OperationMembers.Statuses);

/// <summary>The method of a request that changes something. GET is refused: it starts no operation.</summary>
[JsonConverter(typeof(RequestMethodConverter))]
public enum RequestMethod
{
    /// <summary>POST.</summary>
    Post,

    /// <summary>PUT.</summary>
    Put,

    /// <summary>DELETE.</summary>
    Delete,

    /// <summary>PATCH.</summary>
    Patch,
}

/// <summary>The text of methods.</summary>
public static class RequestMethods
{
    private static readonly string[] Texts = ["POST", "PUT", "DELETE", "PATCH"];

    /// <summary>The method in capitals.</summary>
    public static string ToText(this RequestMethod method) => Texts[(int)method];
}

internal sealed class RequestMethodConverter() : WordConverter<RequestMethod>(OperationMembers.Methods);

/// <summary>How a rollback ended.</summary>
[JsonConverter(typeof(RollbackResultConverter))]
public enum RollbackResult
{
    /// <summary>Everything was rolled back.</summary>
    Completed,

    /// <summary>Something could not be rolled back.</summary>
    Failed,

    /// <summary>There was nothing to roll back.</summary>
    None,
}

/// <summary>The text of rollback results.</summary>
public static class RollbackResults
{
    private static readonly string[] Texts = ["completed", "failed", "none"];

    /// <summary>The contract's word for the result.</summary>
    public static string ToText(this RollbackResult result) => Texts[(int)result];
}

internal sealed class RollbackResultConverter() : WordConverter<RollbackResult>(OperationMembers.RollbackResults);
