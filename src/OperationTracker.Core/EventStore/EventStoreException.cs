namespace OperationTracker.Core.EventStore;

/// <summary>What is known of a call that failed.</summary>
public enum StoreFailure
{
    /// <summary>The store cannot be reached; nothing was sent to it.</summary>
    Unreachable,

    /// <summary>The store refused for now and took nothing: it is full, read-only, starting, stopping.</summary>
    RefusedForNow,

    /// <summary>The store refused for certain and took nothing; the same call would fail again.</summary>
    Failed,

    /// <summary>The change was sent and no answer came: it is stored whole, or not at all.</summary>
    OutcomeUnknown,

    /// <summary>Too much waits already, or the retries are used up; nothing was stored.</summary>
    Overloaded,
}

/// <summary>The store could not do what was asked. The message names no value of any document.</summary>
public sealed class EventStoreException : Exception
{
    /// <summary>A failure of a kind, with a sentence for the operator's log.</summary>
    public EventStoreException(StoreFailure failure, string message, Exception? inner = null)
        : base(message, inner) => Failure = failure;

    /// <summary>What is known of it.</summary>
    public StoreFailure Failure { get; }
}
