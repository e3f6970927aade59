namespace OperationTracker.Core.Operations;

/// <summary>
/// What a PUT does to an operation. A PUT is a wish for a document: <see cref="Of"/> compares it with what stands and
/// says what has to happen, which for a repeat is nothing. Pure and total.
/// </summary>
public abstract record OperationDecision
{
    private OperationDecision()
    {
    }

    /// <summary>These events, in this order, make the wanted document of the one that stands.</summary>
    public sealed record Change(ValueList<OperationEvent> Events) : OperationDecision;

    /// <summary>The wanted document already stands.</summary>
    public sealed record Nothing : OperationDecision;

    /// <summary>
    /// The status would go back. <paramref name="Record"/> is the event that notes it; null when the same document was
    /// refused and noted since the last change, or when enough others were.
    /// </summary>
    public sealed record Refusal(OperationStatus From, OperationStatus To, UpdateRefused? Record) : OperationDecision;

    /// <summary>Decides about <paramref name="wanted"/>, a document that keeps the contract's rules.</summary>
    public static OperationDecision Of(OperationState state, OperationDocument wanted)
    {
        if (state.Redactions.Count > 0)
            wanted = Redaction.Apply(wanted, state.Redactions);
        if (state.Document is not { } current)
            return new Change([new OperationRegistered { Document = wanted, LastUpdateTime = wanted.LastUpdateTime }]);
        if (current.Equals(wanted))
            return new Nothing();
        return current.Status.WouldGoBackTo(wanted.Status)
            ? Refuse(state, current.Status, wanted)
            : new Change(ChangeEvents.Between(current, wanted));
    }

    private static Refusal Refuse(OperationState state, OperationStatus from, OperationDocument refused)
    {
        var isNoted = state.Refusals.Count >= OperationLimits.RecordedRefusals
            || state.Refusals.Contains(OperationJson.Fingerprint(refused));
        return new Refusal(from, refused.Status, isNoted ? null : new UpdateRefused
        {
            Reason = UpdateRefused.StatusGoingBack,
            From = from,
            To = refused.Status,
            Document = refused,
            LastUpdateTime = refused.LastUpdateTime,
        });
    }
}
