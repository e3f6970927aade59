using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// Puts each text at each place of a document that holds a string, and on the request's target as an id. What is taken
/// comes back identical from GET, the list and the history; what is refused leaves nothing.
/// </summary>
internal sealed class NaughtyRun(HostileClient client, HostileFindings findings, string owner)
{
    /// <summary>No change here takes more: one place is set, another is set back.</summary>
    private const int EventsOfAChange = 12;

    private const string IdCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private static readonly JsonSerializerOptions AsItIs =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// Places by JSON Pointer, and the characters that the contract allows there; 0 for words and times.
    /// </summary>
    private static readonly (string Path, int Least, int Most, bool IsInList)[] Places =
    [
        ("sub_status", 0, int.MaxValue, true), ("request/uri", 0, 8192, true), ("request/body", 0, int.MaxValue, false),
        ("response/body", 0, int.MaxValue, false), ("target_clusters/0/cluster_id", 1, 256, true),
        ("target_clusters/0/request/uri", 0, 8192, true),
        ("target_clusters/0/request/body", 0, int.MaxValue, false),
        ("target_clusters/0/response/body", 0, int.MaxValue, false),
        ("rollbacks/occurred_time", 1, int.MaxValue, true), ("rollbacks/target_clusters/0/cluster_id", 1, 256, true),
        ("rollbacks/target_clusters/0/request/uri", 0, 8192, true),
        ("rollbacks/target_clusters/0/response/body", 0, int.MaxValue, false),
        ("reservation_time", 0, int.MaxValue, true), ("request/x", 0, int.MaxValue, true),
        ("occurred_time", 0, 0, false), ("status", 0, 0, false),
        ("request/method", 0, 0, false), ("rollbacks/result", 0, 0, false), ("operation_id", 0, 0, false),
    ];

    private int _number;

    public async Task RunAsync(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            if (findings.IsFull) return;
            await PutAsIdAsync(text);
            var id = string.Create(CultureInfo.InvariantCulture, $"{owner}-{_number++ % 40}");
            foreach (var (path, least, most, isInList) in Places)
                await PutAsync(id, text, path, IsAllowed(text, least, most), isInList);
            await PutAsNameAsync(id, text);
        }
    }

    private async Task PutAsync(string id, string text, string path, bool isAllowed, bool isInList)
    {
        var document = NaughtyDocument.Make(id);
        NaughtyDocument.Mark(document, path);
        var what = $"{path} holding {Quote(text)}";
        foreach (var options in new[] { AsItIs, JsonSerializerOptions.Default })
        {
            var body = NaughtyDocument.Write(document, text, options);
            if (await PutAsync(id, body, what) is not var (before, put, after)) return;
            var verdict = isAllowed ? JsonVerdict.Kept
                : text == "20261120_090000" ? JsonVerdict.Either : JsonVerdict.Refused;
            if (JsonCaseRun.FaultOf(body, verdict, before, put, after) is { } fault)
                findings.Add($"naughty: {what}: {fault}");
            else if (options == AsItIs && isAllowed) await FindAsync(id, text, what, after, isInList);
        }
    }

    /// <summary>As the name of a member that the contract does not know.</summary>
    private async Task PutAsNameAsync(string id, string text)
    {
        byte[] body =
        [
            .. Encoding.UTF8.GetBytes(NaughtyDocument.Make(id).ToJsonString()[..^1] + ","),
            .. NaughtyDocument.Literal(text, AsItIs), .. ":0}"u8,
        ];
        var isKnown = Places.Any(place => place.Path.Split('/')[0] == text) || text is "last_update_time";
        if (await PutAsync(id, body, "a name") is not var (before, put, after)) return;
        var verdict = !isKnown && NaughtyDocument.IsText(text) ? JsonVerdict.Kept : JsonVerdict.Refused;
        if (JsonCaseRun.FaultOf(body, verdict, before, put, after) is { } fault)
            findings.Add($"naughty: a member named {Quote(text)}: {fault}");
        else if (verdict == JsonVerdict.Kept)
            await FindAsync(id, text, $"a member named {Quote(text)}", after, isInList: true);
    }

    /// <summary>On the target, as it is and percent-encoded.</summary>
    private async Task PutAsIdAsync(string text)
    {
        var isValid = text is { Length: > 0 and <= 128 } and not ("." or "..") && text.All(IdCharacters.Contains);
        var body = NaughtyDocument.Write(NaughtyDocument.Make(NaughtyDocument.Marker), text, AsItIs);
        var count = await CountAsync();
        var asItIs = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
        var encoded = NaughtyDocument.IsText(text) ? Uri.EscapeDataString(text) : "%00";
        foreach (var spelling in new[] { asItIs, encoded })
        {
            // A target with a line's end in it is several lines; they are the garbage's business.
            if (spelling.AsSpan().ContainsAny('\r', '\n') || spelling.Contains(' ', StringComparison.Ordinal)) continue;
            var put = await client.SendAsync("PUT", $"/v1/operations/{spelling}", body);
            // A query is no part of the id, nor a thing that a PUT reads.
            var names = spelling.Split('?')[0];
            if (put is null || (names != spelling && names.All(IdCharacters.Contains))) continue;
            if (isValid != (put.Status == 200))
                findings.Add($"naughty: the id {Quote(text)} was answered {put.Status}");
            if (!isValid || put.Status != 200) continue;
            var got = await client.SendAsync("GET", $"/v1/operations/{spelling}");
            if (got is not null && JsonText.Difference(body, got.Body) is { } fault)
                findings.Add($"naughty: the id {Quote(text)}: {fault}");
        }

        if (!isValid && await CountAsync() != count) findings.Add($"naughty: the id {Quote(text)} left something");
        findings.Tally(isValid ? "naughty id taken" : "naughty id refused");
    }

    private async Task<(Answer Before, Answer Put, Answer After)?> PutAsync(string id, byte[] body, string what)
    {
        HostileRequest get = new("GET", $"/v1/operations/{id}", "", null, null),
            put = new("PUT", get.Target, "", body, null);
        if (await client.SendAllAsync([get, put, get]) is not [{ } before, { } answer, { } after]) return null;
        var came = answer.Status == 200 ? "taken" : "refused";
        findings.Tally($"naughty {(what == "a name" ? "name" : "value")} {came}");
        return (before, answer, after);
    }

    /// <summary>Looks for the text in the history's last events, and in the list where it belongs there.</summary>
    private async Task FindAsync(string id, string text, string what, Answer stands, bool isInList)
    {
        var version = long.Parse(stands.ETag!.Split('-')[0].Trim('"'), CultureInfo.InvariantCulture);
        var events = $"/v1/operations/{id}/events?after={Math.Max(0, version - EventsOfAChange)}";
        var requests = new List<HostileRequest> { new("GET", events, "", null, null) };
        if (isInList) requests.Add(new("GET", $"/v1/operations?format=detail-list&cluster_id={id}", "", null, null));
        foreach (var answer in await client.SendAllAsync(requests))
            if (answer is not { Status: 200 } || !Holds(answer.Body, text))
                findings.Add($"naughty: {what} is not in {answer?.Target}");
    }

    /// <summary>Where the log ends. Nobody else writes meanwhile.</summary>
    private async Task<long?> CountAsync()
    {
        if (await client.SendAsync("GET", "/v1/projections/operations") is not { Status: 200 } answer) return null;
        using var state = JsonDocument.Parse(answer.Body);
        return state.RootElement.GetProperty("position").GetInt64();
    }

    private static bool IsAllowed(string text, int least, int most) =>
        most > 0 && NaughtyDocument.IsText(text) && text.Length >= least && text.EnumerateRunes().Count() <= most;

    private static bool Holds(byte[] json, string text)
    {
        using var document = JsonDocument.Parse(json);
        return Holds(document.RootElement, text);
    }

    /// <summary>
    /// As a value or a name; events hold values of unknown members as JSON text, and places as JSON Pointers.
    /// </summary>
    private static bool Holds(JsonElement value, string text) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().Any(member => member.Name == text || Holds(member.Value, text)
            || (member.Name == "json" && Holds(Encoding.UTF8.GetBytes(member.Value.GetString()!), text))
            || (member.Name == "path" && LastOf(member.Value.GetString()!) == text)),
        JsonValueKind.Array => value.EnumerateArray().Any(item => Holds(item, text)),
        JsonValueKind.String => value.GetString() == text,
        _ => false,
    };

    private static string LastOf(string pointer) => pointer[(pointer.LastIndexOf('/') + 1)..]
        .Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);

    private static string Quote(string text) => JsonSerializer.Serialize(text.Length > 60 ? text[..60] : text);
}
