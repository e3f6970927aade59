using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>An operation as it was loaded, or is assumed to stand, to decide about it.</summary>
/// <param name="State">The fold of its stream.</param>
/// <param name="View">What GET would serve; null when there is no document.</param>
/// <param name="LastEventAt">The time of its last event; the next one is not earlier.</param>
internal sealed record LoadedOperation(OperationState State, OperationView? View, DateTimeOffset LastEventAt)
{
    /// <summary>An operation of which nothing is stored.</summary>
    public static LoadedOperation Absent { get; } = new(OperationState.Initial, null, DateTimeOffset.MinValue);

    /// <summary>An operation of which nothing is known, taken to be new.</summary>
    public static LoadedOperation AssumedNew { get; } = Absent with { IsAssumed = true };

    /// <summary>Whether it was not loaded: only an append upon it proves that it stands so.</summary>
    public bool IsAssumed { get; init; }

    /// <summary>The link of the stream's last event; null when it was not found, or when there is no event.</summary>
    public byte[]? LastLink { get; init; }
}
