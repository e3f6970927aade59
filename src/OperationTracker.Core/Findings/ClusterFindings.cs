using System.Text;
using System.Text.Json;
using OperationTracker.Core.Operations;

namespace OperationTracker.Core.Findings;

/// <summary>Why a place of a document speaks of data that are not as they should be.</summary>
/// <param name="Path">The place: a JSON Pointer into the document.</param>
/// <param name="ClusterId">The cluster; null for the operation as a whole.</param>
/// <param name="Reason">
/// <c>rollback not tried</c>, <c>rollback failed</c>, <c>rollback not answered</c>, or what an error body says of the
/// data: <c>not consistent</c>, <c>unknown</c>.
/// </param>
public sealed record ClusterFinding(string Path, string? ClusterId, string Reason);

/// <summary>
/// The clusters that an operation which did not succeed left inconsistent: their own part succeeded and was not undone,
/// or an answer says that data are in doubt. Pure and total.
/// </summary>
public static class ClusterFindings
{
    /// <summary>Characters of a body that are looked at: an error body is short, and what is longer is none.</summary>
    private const int BodyLength = 64 * 1024;

    /// <summary>What is found in a document; nothing in one of an operation that succeeded, or has not ended.</summary>
    public static IReadOnlyList<ClusterFinding> Of(OperationDocument document)
    {
        if (document.Status is not (OperationStatus.Failed or OperationStatus.Canceled))
            return [];
        var clusters = document.TargetClusters.Value ?? [];
        var rolledBack = document.Rollbacks.Value?.TargetClusters.Value ?? [];
        return
        [
            .. NotUndone(clusters, rolledBack),
            .. InDoubt("/response", null, document.Response.Value),
            .. clusters.SelectMany((cluster, i) =>
                InDoubt($"/target_clusters/{i}/response", cluster.ClusterId, cluster.Answer)),
            .. rolledBack.SelectMany((cluster, i) =>
                InDoubt($"/rollbacks/target_clusters/{i}/response", cluster.ClusterId, cluster.Answer)),
        ];
    }

    /// <summary>A cluster may stand several times; its n-th request is undone by its n-th rollback.</summary>
    private static IEnumerable<ClusterFinding> NotUndone(
        ValueList<TargetCluster> clusters, ValueList<TargetCluster> rolledBack)
    {
        var rollbacks = rolledBack.GroupBy(cluster => cluster.ClusterId, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new Queue<TargetCluster>(group), StringComparer.Ordinal);
        for (var i = 0; i < clusters.Count; i++)
        {
            if (!Succeeded(clusters[i].Answer))
                continue;
            var id = clusters[i].ClusterId;
            var rollback = rollbacks.TryGetValue(id, out var own) && own.TryDequeue(out var first) ? first : null;
            var reason = rollback switch
            {
                null => "rollback not tried",
                { Answer: null } => "rollback not answered",
                { Answer: var answer } => Succeeded(answer) ? null : "rollback failed",
            };
            if (reason is not null)
                yield return new ClusterFinding($"/target_clusters/{i}", id, reason);
        }
    }

    private static bool Succeeded(OperationResponse? answer) =>
        answer is { StatusCode: { HasValue: true, Value: >= 200 and < 300 } };

    private static IEnumerable<ClusterFinding> InDoubt(string path, string? clusterId, OperationResponse? response)
    {
        if (response?.Body is { HasValue: true, Value: var body } && Consistency(body) is { } word)
            yield return new ClusterFinding($"{path}/body", clusterId, word);
    }

    /// <summary>
    /// What an error body says of the data, wherever in it; null when it says nothing, all is well, or it is no JSON.
    /// Here alone a body is looked into, and only to report.
    /// </summary>
    private static string? Consistency(string body)
    {
        if (body.Length > BodyLength || !body.Contains("data_consistency", StringComparison.Ordinal))
            return null;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(body));
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("data_consistency"u8)
                    && reader.Read() && reader.TokenType == JsonTokenType.String)
                {
                    if (reader.ValueTextEquals("not consistent"u8))
                        return "not consistent";
                    if (reader.ValueTextEquals("unknown"u8))
                        return "unknown";
                }
            }
        }
        catch (JsonException)
        {
            // Not JSON from there on; what was found before was returned.
        }

        return null;
    }
}
