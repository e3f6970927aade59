using System.Text.Json;
using System.Text.Json.Serialization;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// <c>optrack-pg.json</c>: which PostgreSQL serves the data, so that the next start finds the same one. A hint only:
/// without it, or with an unreadable one, the server is looked for again.
/// </summary>
internal sealed record ClusterRecord(int Major, string Bin, DateTimeOffset Created)
{
    public static ClusterRecord? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ClusterRecordJson.Default.ClusterRecord);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Write(string path)
    {
        var temporary = path + ".new";
        var json = JsonSerializer.SerializeToUtf8Bytes(this, ClusterRecordJson.Default.ClusterRecord);
        File.WriteAllBytes(temporary, json);
        File.Move(temporary, path, overwrite: true);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ClusterRecord))]
internal sealed partial class ClusterRecordJson : JsonSerializerContext;
