using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

internal static class DecisionEvents
{
    /// <summary>What a decision appends; a refusal's own record among it.</summary>
    public static ValueList<OperationEvent> Events(this OperationDecision decision) => decision switch
    {
        OperationDecision.Change change => change.Events,
        OperationDecision.Refusal { Record: { } record } => [record],
        _ => [],
    };
}
