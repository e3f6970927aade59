namespace OperationTracker.Core.Operations;

/// <summary>
/// State = fold of events. Total: an event that does not fit the state (another application may append anything) moves
/// the version and changes nothing else. Pure, and the only place where events become a document: the GET view, a
/// replay and a rebuild are all made here.
/// </summary>
public static class OperationProjection
{
    /// <summary>
    /// The version of the fold's code. Raised whenever some history folds to another document than before, so that a
    /// node can tell that the stored view was built by another fold.
    /// </summary>
    public const int Version = 1;

    /// <summary>What a table is marked with that this fold has built, so that another build can tell.</summary>
    public static string Fingerprint { get; } = $"operations-{Version}";

    /// <summary>The state after all <paramref name="events"/>, null standing for an event of an unknown kind.</summary>
    public static OperationState Fold(OperationState state, IEnumerable<OperationEvent?> events) =>
        events.Aggregate(state, Apply);

    /// <summary>
    /// The state after the event of a version. Stored streams have no gaps; where somebody made one, the state stands
    /// at its last event's version all the same.
    /// </summary>
    public static OperationState ApplyAt(OperationState state, long version, OperationEvent? @event) =>
        Apply(state with { Version = version - 1 }, @event);

    /// <summary>The state after <paramref name="event"/>; null stands for an event of an unknown kind.</summary>
    public static OperationState Apply(OperationState state, OperationEvent? @event)
    {
        var version = state.Version + 1;
        if (@event is UpdateRefused refused)
            return state with { Version = version, Refusals = AddRefusal(state, refused) };
        if (@event is ValuesRedacted redacted)
            return state with { Version = version, Redactions = [.. state.Redactions.Union(redacted.Pointers)] };
        var document = Change(state.Document, @event);
        return document is null || document.Equals(state.Document)
            ? state with { Version = version }
            : state with { Document = document, Version = version, DocumentVersion = version, Refusals = [] };
    }

    private static ValueList<string> AddRefusal(OperationState state, UpdateRefused refused)
    {
        var fingerprint = OperationJson.Fingerprint(refused.Document);
        return state.Refusals.Count >= OperationLimits.RecordedRefusals || state.Refusals.Contains(fingerprint)
            ? state.Refusals
            : state.Refusals.Add(fingerprint);
    }

    private static OperationDocument? Change(OperationDocument? document, OperationEvent? @event) => @event switch
    {
        null => document,
        OperationRegistered registered => document ?? registered.Document,
        _ when document is null => null,
        StatusChanged changed => WithResult(document, changed.To, changed.Response) with
        {
            LastUpdateTime = changed.LastUpdateTime,
        },
        ResultCorrected corrected => WithResult(document, corrected.To, corrected.Response) with
        {
            LastUpdateTime = corrected.LastUpdateTime,
        },
        DocumentAmended amended => DocumentPatch.Apply(amended.Patch, document with
        {
            LastUpdateTime = amended.LastUpdateTime,
        }),
        _ => ChangePart(document, @event) with { LastUpdateTime = @event.LastUpdateTime },
    };

    private static OperationDocument ChangePart(OperationDocument document, OperationEvent @event) => @event switch
    {
        SubStatusChanged changed => document with { SubStatus = changed.SubStatus },
        ClusterRequested requested => document with
        {
            TargetClusters = WithRequest(
                document.TargetClusters, requested.Index, requested.ClusterId, requested.Request),
        },
        ClusterResponded responded => document with
        {
            TargetClusters = WithResponse(
                document.TargetClusters, responded.Index, responded.ClusterId, responded.Response),
        },
        RollbackRecorded recorded => document with { Rollbacks = WithResult(document.Rollbacks, recorded) },
        RollbackClusterRequested requested => ChangeRollback(document, rollback => WithRequest(
            rollback, requested.Index, requested.ClusterId, requested.Request)),
        RollbackClusterResponded responded => ChangeRollback(document, rollback => WithResponse(
            rollback, responded.Index, responded.ClusterId, responded.Response)),
        _ => document,
    };

    private static OperationDocument WithResult(
        OperationDocument document, OperationStatus status, OperationResponse? response) =>
        document with { Status = status, Response = response ?? document.Response };

    private static Optional<OperationRollback> WithResult(
        Optional<OperationRollback> rollback, RollbackRecorded recorded) =>
        rollback.HasValue
            ? rollback.Value with { Result = recorded.Result, OccurredTime = recorded.OccurredTime }
            : new OperationRollback { Result = recorded.Result, OccurredTime = recorded.OccurredTime };

    private static OperationDocument ChangeRollback(
        OperationDocument document,
        Func<Optional<ValueList<TargetCluster>>, Optional<ValueList<TargetCluster>>> change) =>
        document.Rollbacks.HasValue
            ? document with
            {
                Rollbacks = document.Rollbacks.Value with
                {
                    TargetClusters = change(document.Rollbacks.Value.TargetClusters),
                },
            }
            : document;

    private static Optional<ValueList<TargetCluster>> WithRequest(
        Optional<ValueList<TargetCluster>> clusters, int index, string clusterId, OperationRequest request)
    {
        var current = clusters.Value ?? [];
        return index == current.Count
            ? current.Add(new TargetCluster { ClusterId = clusterId, Request = request })
            : clusters;
    }

    private static Optional<ValueList<TargetCluster>> WithResponse(
        Optional<ValueList<TargetCluster>> clusters, int index, string clusterId, OperationResponse response) =>
        clusters.HasValue && index >= 0 && index < clusters.Value.Count && clusters.Value[index].ClusterId == clusterId
            ? clusters.Value.SetItem(index, clusters.Value[index] with { Response = response })
            : clusters;
}
