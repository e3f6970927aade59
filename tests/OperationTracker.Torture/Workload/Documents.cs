using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OperationTracker.Torture.Workload;

/// <summary>
/// Documents that differ enough to bring events of most kinds, each with a token of its own in sub_status.
/// </summary>
internal static class Documents
{
    public static JsonObject Make(string operationId, string token, string status, Random random)
    {
        var document = new JsonObject
        {
            ["operation_id"] = operationId,
            ["occurred_time"] = OccurredTime(operationId),
            ["last_update_time"] = string.Create(
                CultureInfo.InvariantCulture, $"20261120_09{random.Next(60):00}{random.Next(60):00}"),
            ["status"] = status,
            ["sub_status"] = token,
            ["request"] =
                new JsonObject { ["uri"] = "/v1/clusters/1", ["method"] = "POST", ["body"] = "{\"a\":\"ü\"}" },
        };
        if (status is "completed" or "failed")
            document["response"] = new JsonObject { ["status_code"] = random.Next(200, 206), ["body"] = token };
        if (random.Next(2) == 0)
            document["target_clusters"] = Clusters(random);
        if (random.Next(6) == 0)
        {
            document["rollbacks"] = new JsonObject
            {
                ["result"] = random.Next(2) == 0 ? "completed" : "none",
                ["occurred_time"] = "20261120_091500",
                ["target_clusters"] = Clusters(random),
            };
        }

        if (random.Next(3) == 0)
            document["n"] = JsonNode.Parse(
                random.Next(3) switch { 0 => "1.0", 1 => "1e2", _ => "{\"deep\":[null,true,\"x\"]}" });
        return document;
    }

    /// <summary>The same for all documents of an operation, and another one for most other operations.</summary>
    private static string OccurredTime(string operationId) => string.Create(
        CultureInfo.InvariantCulture, $"20261120_09{operationId.Sum(sign => sign) % 60:00}00");

    /// <summary>
    /// Two documents are equal when these are: members in order of their names, numbers as their text.
    /// </summary>
    public static string Hash(JsonNode? document)
    {
        var text = new StringBuilder();
        Write(text, document);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 10));
    }

    private static JsonArray Clusters(Random random)
    {
        var clusters = new JsonArray();
        for (var i = random.Next(1, 4); i > 0; i--)
        {
            var cluster = new JsonObject
            {
                ["cluster_id"] = string.Create(CultureInfo.InvariantCulture, $"c{clusters.Count}"),
                ["request"] = new JsonObject { ["uri"] = "/v1/nodes", ["method"] = "PUT", ["body"] = "" },
            };
            if (random.Next(2) == 0)
                cluster["response"] = new JsonObject { ["status_code"] = random.Next(200, 210), ["body"] = "" };
            clusters.Add((JsonNode)cluster);
        }

        return clusters;
    }

    private static void Write(StringBuilder text, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                text.Append('{');
                foreach (var (name, value) in members.OrderBy(member => member.Key, StringComparer.Ordinal))
                {
                    text.Append(JsonSerializer.Serialize(name)).Append(':');
                    Write(text, value);
                    text.Append(',');
                }

                text.Append('}');
                break;
            case JsonArray items:
                text.Append('[');
                foreach (var item in items)
                {
                    Write(text, item);
                    text.Append(',');
                }

                text.Append(']');
                break;
            case JsonValue value when value.TryGetValue<string>(out var word):
                text.Append(JsonSerializer.Serialize(word));
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}
