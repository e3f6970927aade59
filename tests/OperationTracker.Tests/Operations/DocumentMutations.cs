using System.Text.Json;

namespace OperationTracker.Tests.Operations;

/// <summary>
/// The ways in which the next document of an operation differs from the one before: those that controllers have, and
/// those that only a test has.
/// </summary>
internal sealed class DocumentMutations(Random random, DocumentSource source)
{
    /// <summary>A changed copy; now and then an equal one.</summary>
    public JsonTree Next(JsonTree before)
    {
        var document = before.Clone();
        if (random.Next(12) == 0)
            return document;
        for (var left = random.Next(1, 4); left > 0; left--)
            Mutate(document);
        return source.WithFittingResponse(document);
    }

    private void Mutate(JsonTree document)
    {
        switch (random.Next(18))
        {
            case 0 or 1: Advance(document); break;
            case 2: document.Set("status", source.Status()); break;
            case 3: ChangeResponse(document); break;
            case 4 or 5: ChangeClusters(document, ofRollback: false); break;
            case 6 or 7: AnswerCluster(document["target_clusters"]); break;
            case 8: document.Set("sub_status", source.Pick(null, source.SubStatus(), source.SubStatus())); break;
            case 9: document.Set("rollbacks", source.Pick(null, source.Rollback(), source.Rollback())); break;
            case 10: ChangeRollback(document["rollbacks"]); break;
            case 11 or 12: ChangeUnknown(document); break;
            case 13: document.Set("last_update_time", source.Time()); break;
            case 14: ChangeRequest(document["request"]!, ofRollback: false); break;
            case 15: document.Set("occurred_time", source.Time()); break;
            case 16: AnswerCluster(document["rollbacks"]?["target_clusters"]); break;
            default: Shuffle(document); break;
        }
    }

    private static void Advance(JsonTree document)
    {
        var rank = Array.IndexOf(DocumentSource.Statuses, document["status"]!.Text);
        document.Set("status", JsonTree.String(DocumentSource.Statuses[Math.Min(rank + 1, 3)]));
    }

    private void ChangeResponse(JsonTree document)
    {
        var final = document["status"]!.Text is "completed" or "failed";
        if (document["response"] is { IsObject: true } response && random.Next(3) > 0)
        {
            if (random.Next(2) == 0)
                response.Set("body", source.Text());
            else
                response.Set("status_code", JsonTree.Number(source.Pick("200", "500")));
        }
        else
        {
            document.Set("response", !final && random.Next(2) == 0
                ? source.Pick(null, JsonTree.Null)
                : source.FinalResponse(document["status"]!.Text));
        }
    }

    private void ChangeClusters(JsonTree parent, bool ofRollback)
    {
        if (parent["target_clusters"] is not { Kind: JsonValueKind.Array } clusters || random.Next(8) == 0)
        {
            parent.Set("target_clusters", source.Clusters(ofRollback));
            return;
        }

        var items = clusters.Items;
        var at = random.Next(items.Count + 1);
        switch (random.Next(9))
        {
            case 0 or 1: items.Add(source.Cluster(ofRollback)); break;
            case 2: items.Insert(at, source.Cluster(ofRollback)); break;
            case 3 when items.Count > 0: items.RemoveAt(random.Next(items.Count)); break;
            case 4 when items.Count > 0: items.Add(source.Pick(items).Clone()); break;
            case 5:
                var shuffled = items.ToArray();
                random.Shuffle(shuffled);
                items.Clear();
                items.AddRange(shuffled);
                break;
            case 6 when items.Count > 0: ChangeRequest(source.Pick(items)["request"]!, ofRollback); break;
            case 7 when items.Count > 0: source.Pick(items).Set("cluster_id", source.ClusterId()); break;
            default: items.Clear(); break;
        }
    }

    private void AnswerCluster(JsonTree? clusters)
    {
        if (clusters is not { Items.Count: > 0 })
            return;
        var cluster = source.Pick(clusters.Items);
        if (cluster["response"] is { IsObject: true } response && random.Next(3) == 0)
            response.Set("body", source.Pick(null, JsonTree.Null, source.Text()));
        else
            cluster.Set("response", source.ClusterResponse());
    }

    private void ChangeRollback(JsonTree? rollback)
    {
        if (rollback is not { IsObject: true })
            return;
        switch (random.Next(4))
        {
            case 0: rollback.Set("result", source.RollbackResult()); break;
            case 1: rollback.Set("occurred_time", source.RollbackTime()); break;
            case 2: AnswerCluster(rollback["target_clusters"]); break;
            default: ChangeClusters(rollback, ofRollback: true); break;
        }
    }

    private void ChangeRequest(JsonTree request, bool ofRollback)
    {
        switch (random.Next(3))
        {
            case 0: request.Set("uri", source.Text()); break;
            case 1: request.Set("method", source.Method()); break;
            default:
                request.Set("body", ofRollback ? source.Pick(null, JsonTree.Null, source.Text()) : source.Text());
                break;
        }
    }

    private void ChangeUnknown(JsonTree document)
    {
        var (parent, known) = source.Pick(Places(document).ToArray());
        var unknown = parent.Members.Where(member => !known.Contains(member.Name, StringComparer.Ordinal)).ToArray();
        if (unknown.Length == 0 || random.Next(4) == 0)
        {
            parent.Set(source.UnknownName(known), source.Unknown(0));
            return;
        }

        var (name, value) = source.Pick(unknown);
        switch (random.Next(4))
        {
            case 0: parent.Set(name, null); break;
            case 1: parent.Set(name, source.Unknown(0)); break;
            case 2: ChangeWithin(value); break;
            default: Shuffle(parent); break;
        }
    }

    /// <summary>Changes one value somewhere below, or nothing where there is none.</summary>
    private void ChangeWithin(JsonTree value)
    {
        var place = source.Pick(value.All().ToArray());
        if (place.IsObject)
            place.Set(source.UnknownName([]), source.Unknown(1));
        else if (place.Items.Count > 0)
            place.Items[random.Next(place.Items.Count)] = source.Unknown(1);
    }

    private static IEnumerable<(JsonTree Parent, string[] Known)> Places(JsonTree document)
    {
        yield return (document, DocumentSource.DocumentNames);
        yield return (document["request"]!, DocumentSource.RequestNames);
        if (document["response"] is { IsObject: true } response)
            yield return (response, DocumentSource.ResponseNames);
        foreach (var place in ClusterPlaces(document))
            yield return place;
        if (document["rollbacks"] is not { IsObject: true } rollback)
            yield break;
        yield return (rollback, DocumentSource.RollbackNames);
        foreach (var place in ClusterPlaces(rollback))
            yield return place;
    }

    private static IEnumerable<(JsonTree Parent, string[] Known)> ClusterPlaces(JsonTree parent)
    {
        foreach (var cluster in parent["target_clusters"]?.Items ?? [])
        {
            yield return (cluster, DocumentSource.ClusterNames);
            yield return (cluster["request"]!, DocumentSource.RequestNames);
            if (cluster["response"] is { IsObject: true } response)
                yield return (response, DocumentSource.ResponseNames);
        }
    }

    private void Shuffle(JsonTree tree)
    {
        foreach (var place in tree.All())
        {
            var members = place.Members.ToArray();
            random.Shuffle(members);
            place.Members.Clear();
            place.Members.AddRange(members);
        }
    }
}
