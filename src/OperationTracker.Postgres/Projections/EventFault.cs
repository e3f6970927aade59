namespace OperationTracker.Postgres.Projections;

/// <summary>An event that folds to nothing although it is of one of the tracker's kinds.</summary>
/// <param name="OperationId">Its stream.</param>
/// <param name="Version">Its place in the stream.</param>
/// <param name="Position">Its place in the log; 0 while it has none.</param>
/// <param name="Type">The name of its kind.</param>
/// <param name="Reason">What is wrong with it, without any of its data.</param>
public sealed record EventFault(string OperationId, long Version, long Position, string Type, string Reason)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"operation {OperationId}, version {Version}, position {Position}, {Type}: {Reason}";
}

/// <summary>What to do when an event cannot be folded.</summary>
public enum OnEventFault
{
    /// <summary>Stop, and say which.</summary>
    Stop,

    /// <summary>Fold it as no change, as the tracker itself does, and report it.</summary>
    SkipAndReport,
}

/// <summary>An event could not be folded, and was to stop the work.</summary>
public sealed class EventFaultException(EventFault fault) : Exception($"An event cannot be folded: {fault}.")
{
    /// <summary>The event.</summary>
    public EventFault Fault => fault;
}
