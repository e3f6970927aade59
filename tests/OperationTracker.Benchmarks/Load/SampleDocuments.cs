using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OperationTracker.Benchmarks.Load;

/// <summary>
/// The documents of the measured writes, as a controller sends them: an operation on two clusters, from registered to
/// completed. The body of its request is made longer to give the size that is asked for.
/// </summary>
internal static class SampleDocuments
{
    /// <summary>Characters of an operation's id in the measurements.</summary>
    public const int IdLength = 16;

    /// <summary>When each operation was asked for; no last_update_time is the same.</summary>
    public const string OccurredTime = "20261120_090000";

    /// <summary>Stands where the id comes.</summary>
    public const string IdPlace = "{operation----id";

    /// <summary>Stands where <see cref="WithSubStatus"/> has its counter.</summary>
    public const string CounterPlace = "{sub-status--no}";

    private const string ClusterBody =
        """[{\"op\":\"add\",\"path\":\"/b1\",\"value\":{\"edge_point_id\":\"11\",\"vlan_id\":100}}]""";

    /// <summary>Registered, answered by the first cluster, by the second, completed.</summary>
    public static IReadOnlyList<string> Steps(int bytes)
    {
        var body = Body(bytes - Completed("").Length);
        return
        [
            Document("00", "executing", body, Cluster(1, false), Cluster(2, false)),
            Document("01", "executing", body, Cluster(1, true), Cluster(2, false)),
            Document("02", "executing", body, Cluster(1, true), Cluster(2, true)),
            Completed(body),
        ];
    }

    /// <summary>An executing operation with a sub_status that holds <see cref="CounterPlace"/>.</summary>
    public static string WithSubStatus(int bytes)
    {
        var start = Steps(bytes)[0];
        return start.Insert(start.Length - 1, $",\"sub_status\":\"{CounterPlace}\"");
    }

    private static string Completed(string body) => Document(
        "03", "completed", body, Cluster(1, true), Cluster(2, true),
        ",\"response\":{\"status_code\":200,\"body\":\"{\\\"cp_ids\\\":[\\\"b1\\\",\\\"b2\\\"]}\"}");

    private static string Document(
        string second, string status, string body, string first, string other, string response = "") =>
        $"{{\"operation_id\":\"{IdPlace}\",\"occurred_time\":\"{OccurredTime}\","
        + $"\"last_update_time\":\"20261120_0910{second}\",\"status\":\"{status}\","
        + $"\"request\":{Request(body)}{response},"
        + $"\"target_clusters\":[{first},{other}]}}";

    private static string Cluster(int id, bool hasAnswered) =>
        $"{{\"cluster_id\":\"{id}\",\"request\":{Request(ClusterBody)}"
        + (hasAnswered ? ",\"response\":{\"status_code\":201,\"body\":\"{}\"}}" : "}");

    private static string Request(string body) =>
        $"{{\"uri\":\"/v1/slices/l2vpn/slice-b/cps\",\"method\":\"PATCH\",\"body\":\"{body}\"}}";

    /// <summary>
    /// A list of devices as JSON text inside a JSON string. Names and addresses differ from device to device, so that
    /// it compresses about as real bodies do.
    /// </summary>
    private static string Body(int bytes)
    {
        var random = new Random(42);
        var text = new StringBuilder("[");
        while (true)
        {
            var device = Device(random, text.Length > 1);
            if (text.Length + device.Length + 1 > bytes)
                break;
            text.Append(device);
        }

        return text.Append(']').ToString();
    }

    private static string Device(Random random, bool hasPredecessor)
    {
        var device = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"node_id\":\"{random.Next(1000)}\",\"host\":\"leaf{random.Next(1000):000}\","
            + $"\"mac\":\"02:00:{random.Next():X8}\",\"vlan\":{random.Next(4096)},"
            + $"\"id\":\"{random.NextInt64():x16}\"}}");
        return (hasPredecessor ? "," : "")
            + JsonEncodedText.Encode(device, JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
    }
}
