namespace OperationTracker.Core.Operations;

/// <summary>
/// The events that lead from one document to another: first those that say what happened in the field's words, then one
/// patch from what they give to what was wanted, so that nothing of the wanted document can be lost.
/// </summary>
internal static class ChangeEvents
{
    /// <summary>The events between two documents that are not equal; at least one.</summary>
    public static ValueList<OperationEvent> Between(OperationDocument current, OperationDocument wanted)
    {
        var time = wanted.LastUpdateTime;
        List<OperationEvent> events =
        [
            .. Result(current, wanted),
            .. SubStatus(current, wanted),
            .. Clusters(current.TargetClusters, wanted.TargetClusters, ClusterList.Targets(time)),
            .. Rollback(current, wanted),
        ];
        var reached = events.Aggregate(current with { LastUpdateTime = time }, Applied);
        if (!reached.Equals(wanted))
            events.Add(new DocumentAmended { Patch = DocumentPatch.Between(reached, wanted), LastUpdateTime = time });
        else if (events.Count == 0)
            events.Add(new UpdateTimeChanged { LastUpdateTime = time });
        return [.. events];
    }

    private static OperationDocument Applied(OperationDocument document, OperationEvent @event) =>
        OperationProjection.Apply(OperationState.Initial with { Document = document }, @event).Document!;

    private static IEnumerable<OperationEvent> Result(OperationDocument current, OperationDocument wanted)
    {
        var response = wanted.Response.HasValue && wanted.Response != current.Response ? wanted.Response.Value : null;
        if (current.Status.IsFinal())
        {
            if (current.Status != wanted.Status || response is not null)
            {
                yield return new ResultCorrected
                {
                    From = current.Status,
                    To = wanted.Status,
                    Response = response,
                    LastUpdateTime = wanted.LastUpdateTime,
                };
            }
        }
        else if (current.Status != wanted.Status)
        {
            yield return new StatusChanged
            {
                From = current.Status,
                To = wanted.Status,
                Response = response,
                LastUpdateTime = wanted.LastUpdateTime,
            };
        }
    }

    private static IEnumerable<OperationEvent> SubStatus(OperationDocument current, OperationDocument wanted)
    {
        if (current.SubStatus != wanted.SubStatus)
            yield return new SubStatusChanged { SubStatus = wanted.SubStatus, LastUpdateTime = wanted.LastUpdateTime };
    }

    private static IEnumerable<OperationEvent> Rollback(OperationDocument current, OperationDocument wanted)
    {
        if (wanted.Rollbacks.Value is not { } rollback)
            yield break;
        var before = current.Rollbacks.Value;
        if (before is null || before.Result != rollback.Result || before.OccurredTime != rollback.OccurredTime)
        {
            yield return new RollbackRecorded
            {
                Result = rollback.Result,
                OccurredTime = rollback.OccurredTime,
                LastUpdateTime = wanted.LastUpdateTime,
            };
        }

        var clusters = before?.TargetClusters ?? default;
        foreach (var @event in Clusters(
            clusters, rollback.TargetClusters, ClusterList.Rollbacks(wanted.LastUpdateTime)))
            yield return @event;
    }

    private static IEnumerable<OperationEvent> Clusters(
        Optional<ValueList<TargetCluster>> before, Optional<ValueList<TargetCluster>> after, ClusterList list)
    {
        var current = before.Value ?? [];
        var wanted = after.Value ?? [];
        if (ClusterAlignment.Of(current, wanted) is not { } alignment)
            yield break;
        var added = current.Count;
        for (var i = 0; i < wanted.Count; i++)
        {
            var cluster = wanted[i];
            var index = alignment[i];
            if (index < 0)
            {
                index = added++;
                yield return list.Requested(index, cluster);
            }

            var answerBefore = index < current.Count ? current[index].Answer : null;
            if (cluster.Answer is { } answer && !answer.Equals(answerBefore))
                yield return list.Responded(index, cluster.ClusterId, answer);
        }
    }

    /// <summary>Which of the two lists of clusters the events speak of.</summary>
    private sealed record ClusterList(
        Func<int, TargetCluster, OperationEvent> Requested,
        Func<int, string, OperationResponse, OperationEvent> Responded)
    {
        public static ClusterList Targets(string time) => new(
            (index, cluster) => new ClusterRequested
            {
                Index = index, ClusterId = cluster.ClusterId, Request = cluster.Request, LastUpdateTime = time,
            },
            (index, clusterId, response) => new ClusterResponded
            {
                Index = index, ClusterId = clusterId, Response = response, LastUpdateTime = time,
            });

        public static ClusterList Rollbacks(string time) => new(
            (index, cluster) => new RollbackClusterRequested
            {
                Index = index, ClusterId = cluster.ClusterId, Request = cluster.Request, LastUpdateTime = time,
            },
            (index, clusterId, response) => new RollbackClusterResponded
            {
                Index = index, ClusterId = clusterId, Response = response, LastUpdateTime = time,
            });
    }
}
