using OperationTracker.Core.History;
using OperationTracker.Core.Operations;

namespace OperationTracker.Api;

/// <summary>A point of an operation's history that a request names: a version or an instant, one of them.</summary>
internal sealed record Moment(long? Version, Instant? At)
{
    /// <summary>Why there is no answer, in a sentence.</summary>
    public const string Nothing = "There is no such operation, or it had no document then.";

    public Task<PastOperation?> FindAsync(OperationHistory history, OperationId id, CancellationToken cancel) =>
        Version is { } version
            ? history.AtAsync(id, version, cancel)
            : history.AtAsync(id, At!.Value, cancel);
}
