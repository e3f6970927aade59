using System.Text;
using System.Text.Json;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// The mass of the requests: generated ones and those made after the OpenAPI document, pipelined on some connections.
/// </summary>
internal sealed class HostileLoad(Uri url, HostileFindings findings, int seed)
{
    /// <summary>Requests that go out at once on a connection.</summary>
    private const int Batch = 16;

    /// <summary>An operation is left after so many requests, so that no history grows without end.</summary>
    private const int Era = 10_000;

    /// <summary>
    /// A question about the whole log takes longer than hundreds of others, the more the longer the log is: one in so
    /// many is asked.
    /// </summary>
    private const int SearchesBetween = 40;

    private int _searches;

    /// <summary>Sends requests until so many were answered.</summary>
    public Task RunAsync(int connections, long requests)
    {
        var until = findings.Total + requests;
        return Task.WhenAll(Enumerable.Range(0, connections).Select(number => Task.Run(async () =>
        {
            using HostileClient wild = new(url, findings, "generated"), fuzz = new(url, findings, "openapi");
            var fuzzer = new OpenApiFuzzer(unchecked(seed + (number * 1_000_003)), $"f{number}");
            for (var at = 0; findings.Total < until && !findings.IsFull; at += Batch)
            {
                await SendGeneratedAsync(wild, $"g{number}-{at / Era}", unchecked((number << 24) + at));
                await SendFuzzedAsync(fuzz, fuzzer, at);
            }
        })));
    }

    /// <summary>A PUT is followed by a GET: what was taken must be what stands.</summary>
    private async Task SendGeneratedAsync(HostileClient client, string owner, int from)
    {
        var requests = new List<HostileRequest>();
        for (var i = 0; i < Batch; i++)
        {
            var request = HostileRequest.Of(unchecked(seed * 31 + from + i), owner);
            if (IsLeftOut(request)) continue;
            requests.Add(request);
            if (request is { Id: not null, Body: not null })
                requests.Add(new("GET", $"/v1/operations/{request.Id}", "", null, null));
        }

        Compare("generated", requests, await client.SendAllAsync(requests));
    }

    private async Task SendFuzzedAsync(HostileClient client, OpenApiFuzzer fuzzer, int from)
    {
        var fuzzed = Enumerable.Range(from, Batch).Select(fuzzer.Make).Where(one => !IsLeftOut(one.Request)).ToArray();
        var requests = new List<HostileRequest>();
        foreach (var (request, _) in fuzzed)
        {
            requests.Add(request);
            if (request.Body is not null) requests.Add(new("GET", request.Target.Split('?')[0], "", null, null));
        }

        var answers = await client.SendAllAsync(requests);
        Compare("openapi", requests, answers);
        foreach (var one in fuzzed)
            if (answers[requests.IndexOf(one.Request)] is { } answer
                && OpenApiFuzzer.FaultOf(one, answer.Status) is { } fault)
                findings.Add(
                    $"openapi: {HostileClient.Describe(one.Request)}: {fault}: {answer.Text} {BodyOf(one.Request)}");
    }

    private bool IsLeftOut(HostileRequest request) =>
        (request.Target.StartsWith("/v1/reports", StringComparison.Ordinal)
            || request.Target.StartsWith("/v1/events", StringComparison.Ordinal)
            || (request.Target.StartsWith("/v1/operations?", StringComparison.Ordinal)
                && !request.Target.Contains("limit=", StringComparison.Ordinal)))
        && Interlocked.Increment(ref _searches) % SearchesBetween != 0;

    private void Compare(string kind, List<HostileRequest> requests, Answer?[] answers)
    {
        for (var i = 0; i + 1 < answers.Length; i++)
        {
            if (requests[i] is not { Method: "PUT", Id: not null, Body: { } body }
                || answers[i] is not { Status: 200 } || answers[i + 1] is not { } got)
                continue;
            if (Difference(body, got) is { } fault)
                findings.Add($"{kind}: {HostileClient.Describe(requests[i])}: {fault}");
            if (got.ETag != answers[i]!.ETag)
                findings.Add($"{kind}: {HostileClient.Describe(requests[i])}: another ETag at once");
        }
    }

    private static string BodyOf(HostileRequest request) =>
        request.Body is { } body ? Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 1000))) : "";

    private static string? Difference(byte[] body, Answer got)
    {
        try
        {
            return got.Status == 200 ? JsonText.Difference(body, got.Body) : $"then GET was answered {got.Status}";
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return "was taken and is no JSON text";
        }
    }
}
