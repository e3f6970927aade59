using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>A read of an operation that waits for its answer.</summary>
/// <param name="id">The operation.</param>
/// <param name="knownETag">Of the document that the client has; null for none.</param>
internal sealed class PendingRead(string id, string? knownETag)
{
    private readonly TaskCompletionSource<OperationView?> _view =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id => id;

    public string? KnownETag => knownETag;

    /// <summary>Whether its stream is ahead of its view.</summary>
    public bool IsBehind { get; set; }

    public Task<OperationView?> View => _view.Task;

    public void Settle(OperationView? view) => _view.TrySetResult(view);

    public void Fail(EventStoreException fault) => _view.TrySetException(fault);
}
