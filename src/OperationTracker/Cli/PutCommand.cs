using System.CommandLine;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OperationTracker.Cli;

/// <summary>What <c>put --json</c> prints.</summary>
internal sealed record PutReport(
    string OperationId, [property: JsonPropertyName("etag")] string? ETag, int HttpStatus);

/// <summary>
/// <c>optrack put</c>: sends a document's bytes as they are. A PUT is a wish, so repeating one whose outcome is
/// unknown is safe: what already stands is answered as a success, whatever the condition.
/// </summary>
internal sealed class PutCommand
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private readonly Argument<string> file = new("FILE")
    {
        Description = "The document, a JSON file; - is standard input.",
    };

    private readonly Option<string?> id = new("--id")
    {
        Description = "The operation_id in the path; without it the document's own is used.",
        HelpName = "ID",
    };

    private readonly Option<string?> ifMatch = new("--if-match")
    {
        Description = "Change the operation only if this is its ETag; * means that it exists.",
        HelpName = "ETAG",
    };

    private readonly Option<bool> create = new("--create") { Description = "Only if no such operation exists yet." };

    private readonly Option<int> retries = NumberOption.Between(
        "--retries", 0, 100, "COUNT", "How often to repeat when the tracker is unavailable.");

    private readonly Option<bool> json = new("--json") { Description = "Print the outcome as one JSON object." };

    public static Command Build()
    {
        var put = new PutCommand();
        var command = new Command("put", "Reports an operation: the document in FILE becomes what stands.")
        {
            put.file, put.id, put.ifMatch, put.create, put.retries, put.json,
        };
        var server = ServerOptions.AddTo(command);
        put.retries.DefaultValueFactory = _ => 5;
        put.ifMatch.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } tag && tag.Any(char.IsControl))
                result.AddError("--if-match takes an ETag, which has no control characters.");
        });
        command.Validators.Add(result =>
        {
            if (result.GetResult(put.ifMatch) is not null && result.GetResult(put.create) is not null)
                result.AddError("--if-match and --create exclude each other.");
        });
        command.SetAction((parsed, token) => put.RunAsync(parsed, server, token));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, ServerOptions server, CancellationToken token)
    {
        var terminal = new Terminal(parsed.InvocationConfiguration);
        var body = await DocumentFile.ReadAsync(parsed.GetRequiredValue(file), token);
        var operationId = parsed.GetValue(id) ?? DocumentFile.OperationId(body);
        ServerOptions.RequireAddressable(operationId, parsed);
        using var client = server.Connect(parsed);

        var answer = await PutAsync(
            client, () => Request(client, operationId, body, parsed), parsed.GetValue(retries), terminal, token);
        if (!answer.IsSuccess) return TrackerError.Explain(answer, terminal);
        Report(operationId, answer, parsed.GetValue(json), terminal);
        return ExitCodes.Done;
    }

    private HttpRequestMessage Request(TrackerClient client, string operationId, byte[] body, ParseResult parsed)
    {
        var request = client.Request(HttpMethod.Put, operationId);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (parsed.GetValue(ifMatch) is { } tag) request.Headers.TryAddWithoutValidation("If-Match", Quoted(tag));
        if (parsed.GetValue(create)) request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        return request;
    }

    private static async Task<TrackerAnswer> PutAsync(
        TrackerClient client, Func<HttpRequestMessage> request, int retries, Terminal terminal, CancellationToken token)
    {
        for (var attempt = 0; ; attempt++)
        {
            string trouble;
            TimeSpan? retryAfter = null;
            try
            {
                var answer = await client.AskAsync(request(), token);
                if (answer.Status != HttpStatusCode.ServiceUnavailable || attempt == retries) return answer;
                trouble = "The tracker is unavailable (HTTP 503).";
                retryAfter = answer.RetryAfter;
            }
            catch (TrackerUnavailableException unavailable) when (attempt < retries)
            {
                trouble = unavailable.Message;
            }
            var delay = Delay(attempt, retryAfter);
            terminal.Say($"{trouble} Repeating in {delay.TotalSeconds:0.#} s ({attempt + 1} of {retries}).");
            await Task.Delay(delay, TimeProvider.System, token);
        }
    }

    /// <summary>The tracker's own wish, else twice as long each time; never so long as to look like a hang.</summary>
    private static TimeSpan Delay(int attempt, TimeSpan? retryAfter)
    {
        var delay = retryAfter ?? FirstDelay * Math.Pow(2, Math.Min(attempt, 16));
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay > LongestDelay ? LongestDelay : delay;
    }

    /// <summary>Shells eat quotes, so a bare tag is taken too.</summary>
    private static string Quoted(string tag) =>
        tag == "*" || tag.Contains('"', StringComparison.Ordinal) ? tag : $"\"{tag}\"";

    private static void Report(string operationId, TrackerAnswer answer, bool json, Terminal terminal)
    {
        if (!json)
        {
            terminal.WriteLine($"{operationId} stands as sent, ETag {answer.ETag ?? "not given"}.");
            return;
        }
        var report = new PutReport(operationId, answer.ETag, (int)answer.Status);
        terminal.WriteLine(JsonSerializer.Serialize(report, TrackerJson.Readable.PutReport));
    }
}
