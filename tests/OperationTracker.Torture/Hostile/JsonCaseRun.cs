using System.Text;
using System.Text.Json;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// Sends each text as a whole body and as a value within a sound document, and judges what comes of it.
/// </summary>
internal sealed class JsonCaseRun(HostileClient client, HostileFindings findings, string owner)
{
    /// <summary>So many are enough, and keep the lists short.</summary>
    private const int Operations = 40;

    private int _number;

    public async Task RunAsync(IEnumerable<JsonCase> cases)
    {
        foreach (var one in cases)
        {
            var id = $"{owner}-{_number++ % Operations}";
            await PutAsync(id, $"{one} as a body", one.Text, JsonVerdict.Refused);
            await PutAsync(id, $"{one} in a request", one.Within(id, inRequest: true), one.Verdict);
            await PutAsync(id, $"{one} as a value", one.Within(id, inRequest: false), one.Verdict);
            if (findings.IsFull) return;
        }
    }

    public async Task RunFramesAsync()
    {
        foreach (var (before, after, isKept) in JsonCases.Frames)
        {
            var id = $"{owner}-{_number++ % Operations}";
            var framed = new JsonCase("frame", "1"u8.ToArray(), JsonVerdict.Kept);
            var document = Encoding.UTF8.GetString(framed.Within(id, inRequest: false));
            await PutAsync(
                id, $"a document between {JsonSerializer.Serialize(before)} and {JsonSerializer.Serialize(after)}",
                Encoding.UTF8.GetBytes(before + document + after), isKept ? JsonVerdict.Kept : JsonVerdict.Refused);
        }
    }

    /// <summary>What is wrong with how a text was answered; null when nothing is.</summary>
    /// <param name="sent">The body.</param>
    /// <param name="verdict">What was to come of it.</param>
    /// <param name="before">The operation before; a status of 404 while there is none.</param>
    /// <param name="put">The answer to the PUT.</param>
    /// <param name="after">The operation after it.</param>
    public static string? FaultOf(byte[] sent, JsonVerdict verdict, Answer before, Answer put, Answer after)
    {
        if (put.Status == 200)
            return verdict == JsonVerdict.Refused ? "was taken" : after.Status != 200 ? "is not there"
                : Difference(sent, after.Body);
        if (put.Status is not (400 or 413)) return $"was answered {put.Status}";
        if (verdict == JsonVerdict.Kept) return $"was refused: {put.Text}";
        return before.Status != after.Status || !before.Body.AsSpan().SequenceEqual(after.Body)
            ? "was refused and left something" : null;
    }

    private static string? Difference(byte[] sent, byte[] got)
    {
        try
        {
            return JsonText.Difference(sent, got);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return "was taken and is no JSON text";
        }
    }

    private async Task PutAsync(string id, string what, byte[] body, JsonVerdict verdict)
    {
        var target = $"/v1/operations/{id}";
        HostileRequest get = new("GET", target, "", null, null), put = new("PUT", target, "", body, null);
        if (await client.SendAllAsync([get, put, get]) is not [{ } before, { } answer, { } after]) return;
        findings.Tally($"json {verdict} {(answer.Status == 200 ? "taken" : "refused")}");
        if (FaultOf(body, verdict, before, answer, after) is { } fault) findings.Add($"json: {what}: {fault}");
    }
}
