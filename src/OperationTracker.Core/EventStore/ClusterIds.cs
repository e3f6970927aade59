using OperationTracker.Core.Operations;

namespace OperationTracker.Core.EventStore;

/// <summary>The clusters that an operation concerns: what the list's cluster filter looks for.</summary>
public static class ClusterIds
{
    /// <summary>The ids in target_clusters and in those of the rollback, each once, in no particular order.</summary>
    public static IReadOnlyCollection<string> Of(OperationDocument document)
    {
        var targets = document.TargetClusters.Value;
        var rolledBack = document.Rollbacks.Value?.TargetClusters.Value;
        return targets is null && rolledBack is null
            ? []
            : (targets ?? []).Concat(rolledBack ?? []).Select(cluster => cluster.ClusterId)
                .ToHashSet(StringComparer.Ordinal);
    }
}
