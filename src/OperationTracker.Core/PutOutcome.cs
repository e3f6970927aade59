using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core;

/// <summary>What a client demands of the operation that its PUT meets. Nothing, by default.</summary>
/// <param name="MustExist">It exists (<c>If-Match: *</c>).</param>
/// <param name="MustNotExist">It does not (<c>If-None-Match: *</c>).</param>
/// <param name="ETags">Its ETag is one of these (<c>If-Match</c>); null when none are named.</param>
public sealed record PutCondition(
    bool MustExist = false, bool MustNotExist = false, IReadOnlyList<string>? ETags = null)
{
    /// <summary>No demand.</summary>
    public static PutCondition None { get; } = new();
}

/// <summary>What a PUT came to. Refusals are values; only a store that cannot answer throws.</summary>
public abstract record PutOutcome
{
    private PutOutcome()
    {
    }

    /// <summary>The first document of its id.</summary>
    public sealed record Registered(OperationView View) : PutOutcome;

    /// <summary>The document changed.</summary>
    public sealed record Changed(OperationView View) : PutOutcome;

    /// <summary>The wanted document stood already; nothing was appended.</summary>
    public sealed record Unchanged(OperationView View) : PutOutcome;

    /// <summary>The status would have gone back. The document that stands is unchanged.</summary>
    public sealed record TransitionRefused(OperationStatus From, OperationStatus To, OperationView View) : PutOutcome;

    /// <summary>The client's condition did not hold; nothing was recorded.</summary>
    /// <param name="AlreadyExists">Whether the demand was that it does not exist.</param>
    /// <param name="View">What stands; null when there is none.</param>
    public sealed record VersionConflict(bool AlreadyExists, OperationView? View) : PutOutcome;

    /// <summary>The body is not a document of this operation.</summary>
    public sealed record Invalid(IReadOnlyList<DocumentFault> Faults) : PutOutcome;
}
