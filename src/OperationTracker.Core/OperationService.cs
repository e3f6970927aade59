using System.Diagnostics.Metrics;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core;

/// <summary>
/// The use cases: judge a body, decide about it upon what stands, append what was decided. The order of judgement is
/// the contract's rule 6.
/// </summary>
public sealed class OperationService(IEventStore store)
{
    /// <summary>The meter of what the service counts.</summary>
    public const string MeterName = "OperationTracker.Operations";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "optrack.updates.refused", "{update}",
        "Updates refused because the status would go back; recorded or only counted.");

    /// <summary>Makes the document in <paramref name="body"/> the one that stands, if the rules allow.</summary>
    /// <param name="id">The operation of the request's path.</param>
    /// <param name="body">The request's body as it came.</param>
    /// <param name="condition">What the client demands of the operation that stands.</param>
    /// <param name="source">Who sent it.</param>
    /// <param name="cancel">Withdraws a PUT that has not been sent to the database.</param>
    /// <exception cref="EventStoreException">The store could not do it, or its answer did not come.</exception>
    public async Task<PutOutcome> PutAsync(
        OperationId id, ReadOnlyMemory<byte> body, PutCondition condition, ChangeSource source,
        CancellationToken cancel)
    {
        var (wanted, faults) = OperationJson.Read(body.Span);
        if (wanted is null)
            return new PutOutcome.Invalid(faults);
        if (wanted.OperationId != id.Value)
            return new PutOutcome.Invalid([IdDiffers]);

        Judgement judgement = new Judgement.ConditionFailed();
        var change = new ProposedChange(id, state => (judgement = Judge(state)).Events, source, body.Length);
        var outcome = await store.AppendAsync(change, cancel).ConfigureAwait(false);
        if (judgement is Judgement.Decided { Decision: OperationDecision.Refusal refused })
            Refused.Add(1, new KeyValuePair<string, object?>("recorded", refused.Record is not null));
        return judgement switch
        {
            Judgement.ConditionFailed => new PutOutcome.VersionConflict(
                condition.MustNotExist && outcome.View is not null, outcome.View),
            Judgement.Decided { Decision: OperationDecision.Refusal refusal } =>
                new PutOutcome.TransitionRefused(refusal.From, refusal.To, outcome.View!),
            Judgement.Decided { Decision: OperationDecision.Nothing } => new PutOutcome.Unchanged(outcome.View!),
            Judgement.Decided { IsFirst: true } => new PutOutcome.Registered(outcome.View!),
            _ => new PutOutcome.Changed(outcome.View!),
        };

        Judgement Judge(OperationState state)
        {
            var decision = OperationDecision.Of(state, wanted);
            return decision is OperationDecision.Nothing || Holds(condition, state)
                ? new Judgement.Decided(decision, state.Document is null)
                : new Judgement.ConditionFailed();
        }
    }

    /// <inheritdoc cref="IOperationReader.FindAsync"/>
    public Task<OperationView?> GetAsync(OperationId id, string? knownETag, CancellationToken cancel) =>
        store.FindAsync(id, knownETag, cancel);

    /// <inheritdoc cref="IOperationReader.ListAsync"/>
    public Task<IReadOnlyList<OperationListItem>> ListAsync(OperationListQuery query, CancellationToken cancel) =>
        store.ListAsync(query, cancel);

    /// <inheritdoc cref="IOperationReader.ListIdsAsync"/>
    public Task<OperationListPage> ListIdsAsync(OperationListQuery query, CancellationToken cancel) =>
        store.ListIdsAsync(query, cancel);

    private static DocumentFault IdDiffers { get; } =
        new(FaultKind.Value, "/operation_id", "differs from the id in the path");

    private static bool Holds(PutCondition condition, OperationState state)
    {
        var exists = state.Document is not null;
        return (!condition.MustExist || exists)
            && (!condition.MustNotExist || !exists)
            && (condition.ETags is null || (exists && condition.ETags.Contains(OperationView.Of(state)!.ETag)));
    }

    private abstract record Judgement
    {
        public abstract IReadOnlyList<OperationEvent> Events { get; }

        public sealed record ConditionFailed : Judgement
        {
            public override IReadOnlyList<OperationEvent> Events => [];
        }

        public sealed record Decided(OperationDecision Decision, bool IsFirst) : Judgement
        {
            public override IReadOnlyList<OperationEvent> Events { get; } = Decision switch
            {
                OperationDecision.Change change => change.Events,
                OperationDecision.Refusal { Record: { } record } => [record],
                _ => [],
            };
        }
    }
}
