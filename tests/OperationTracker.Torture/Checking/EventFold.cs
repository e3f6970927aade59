using System.Globalization;
using System.Text.Json.Nodes;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// The fold of the stored events to the document, written anew from their description and sharing nothing with the
/// product's: over plain JSON, without types.
/// </summary>
internal static class EventFold
{
    /// <summary>The document after an event; the one that came in is altered.</summary>
    public static JsonObject? Apply(JsonObject? document, string type, JsonObject data)
    {
        if (type is "update_refused" or "values_redacted") return document;
        if (type == "operation_registered") return document ?? Plain(data["document"]!.AsObject());
        if (document is null) return null;
        document["last_update_time"] = data["last_update_time"]!.DeepClone();
        switch (type)
        {
            case "status_changed" or "result_corrected":
                document["status"] = data["to"]!.DeepClone();
                if (data["response"] is JsonObject response) document["response"] = Plain(response);
                break;
            case "sub_status_changed":
                document.Remove("sub_status");
                if (data.ContainsKey("sub_status")) document["sub_status"] = data["sub_status"]?.DeepClone();
                break;
            case "cluster_requested" or "cluster_responded":
                ChangeCluster(document, type, data);
                break;
            case "rollback_recorded":
                if (document["rollbacks"] is not JsonObject) document["rollbacks"] = new JsonObject();
                document["rollbacks"]!["result"] = data["result"]!.DeepClone();
                document["rollbacks"]!["occurred_time"] = data["occurred_time"]!.DeepClone();
                break;
            case "rollback_cluster_requested" or "rollback_cluster_responded":
                ChangeCluster(document["rollbacks"]!.AsObject(), type["rollback_".Length..], data);
                break;
            case "document_amended":
                foreach (var step in data["patch"]!.AsArray()) Patch(document, step!.AsObject());
                break;
        }

        return document;
    }

    private static void ChangeCluster(JsonObject holder, string type, JsonObject data)
    {
        if (holder["target_clusters"] is not JsonArray) holder["target_clusters"] = new JsonArray();
        var clusters = holder["target_clusters"]!.AsArray();
        var index = data["index"]!.GetValue<int>();
        if (type == "cluster_responded")
        {
            clusters[index]!["response"] = Plain(data["response"]!.AsObject());
            return;
        }

        if (index != clusters.Count) throw new FormatException("A cluster was not added at the end.");
        clusters.Add((JsonNode)new JsonObject
        {
            ["cluster_id"] = data["cluster_id"]!.DeepClone(), ["request"] = Plain(data["request"]!.AsObject()),
        });
    }

    /// <summary>
    /// The form of the contract: members that the store keeps as text are members again, at every level.
    /// </summary>
    private static JsonObject Plain(JsonObject stored)
    {
        var plain = new JsonObject();
        foreach (var (name, value) in stored)
            if (name != "unknown_members") plain[name] = Plain(value);
        foreach (var member in stored["unknown_members"]?.AsArray() ?? [])
            plain[member!["name"]!.GetValue<string>()] = JsonNode.Parse(member["json"]!.GetValue<string>());
        return plain;
    }

    private static JsonNode? Plain(JsonNode? value) => value switch
    {
        JsonObject members => Plain(members),
        JsonArray items => new JsonArray([.. items.Select(Plain)]),
        _ => value?.DeepClone(),
    };

    /// <summary>One step of RFC 6902.</summary>
    private static void Patch(JsonObject document, JsonObject step)
    {
        string[] names = [.. step["path"]!.GetValue<string>().Split('/').Skip(1).Select(name =>
            name.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
        var op = step["op"]!.GetValue<string>();
        var value = step["json"] is { } text ? JsonNode.Parse(text.GetValue<string>()) : null;
        var parent = names[..^1].Aggregate((JsonNode)document, (node, name) =>
            node is JsonArray list ? list[Index(name)]! : node[name]!);
        var last = names[^1];
        if (parent is JsonObject members)
        {
            members.Remove(last);
            if (op != "remove") members[last] = value;
            return;
        }

        var items = parent.AsArray();
        if (op == "add") items.Insert(last == "-" ? items.Count : Index(last), value);
        else if (op == "remove") items.RemoveAt(Index(last));
        else items[Index(last)] = value;
    }

    private static int Index(string name) => int.Parse(name, CultureInfo.InvariantCulture);
}
