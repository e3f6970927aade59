using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace OperationTracker.Cli;

/// <summary>What a tracker answered. The body is empty when it was consumed as it came.</summary>
internal sealed record TrackerAnswer(HttpStatusCode Status, string? ETag, TimeSpan? RetryAfter, byte[] Body)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;
}

/// <summary>No whole answer came: the tracker cannot be reached, is silent, or broke off.</summary>
internal sealed class TrackerUnavailableException(string sentence) : ExitException(ExitCodes.Unavailable, sentence);

/// <summary>
/// One tracker, asked over HTTP. Bodies go and come as bytes and are never decoded here. Every answer is an answer,
/// whatever its status; only the lack of one is an exception.
/// </summary>
internal sealed class TrackerClient : IDisposable
{
    private const string Operations = "v1/operations";

    private readonly Uri server;
    private readonly TimeSpan timeout;
    private readonly HttpClient http;

    /// <param name="server">The tracker's URL; a path in it is kept as a prefix.</param>
    /// <param name="timeout">How long to wait for an answer, or for the next part of a long one.</param>
    public TrackerClient(Uri server, TimeSpan timeout)
        : this(server, timeout, new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy cannot reach this machine's loopback, whatever http_proxy says.
            UseProxy = !server.IsLoopback,
        })
    {
    }

    /// <param name="server">As above.</param>
    /// <param name="timeout">As above.</param>
    /// <param name="handler">What answers, where it is not to be reached over the network.</param>
    public TrackerClient(Uri server, TimeSpan timeout, HttpMessageHandler handler)
    {
        this.server = new Uri(server.AbsoluteUri.TrimEnd('/') + "/");
        this.timeout = timeout;
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("optrack", null));
    }

    public HttpRequestMessage Request(HttpMethod method, string operationId) =>
        new(method, new Uri(server, $"{Operations}/{Uri.EscapeDataString(operationId)}"));

    /// <summary>
    /// Asks for something of one operation; <paramref name="part"/> and <paramref name="query"/> may be empty.
    /// </summary>
    public HttpRequestMessage Question(string operationId, string part, params (string Name, string? Value)[] query) =>
        new(HttpMethod.Get, new Uri(
            server, $"{Operations}/{Uri.EscapeDataString(operationId)}{part}{Query(query)}"));

    public HttpRequestMessage LogRequest(params (string Name, string? Value)[] query) =>
        new(HttpMethod.Get, new Uri(server, "v1/events" + Query(query)));

    public HttpRequestMessage ReportRequest(string report, params (string Name, string? Value)[] query) =>
        new(HttpMethod.Get, new Uri(server, $"v1/reports/{report}{Query(query)}"));

    public HttpRequestMessage ListRequest(string query) => new(HttpMethod.Get, new Uri(server, Operations + query));

    public HttpRequestMessage HealthRequest() => new(HttpMethod.Get, new Uri(server, "health/ready"));

    /// <exception cref="TrackerUnavailableException">No whole answer came in time.</exception>
    public Task<TrackerAnswer> AskAsync(HttpRequestMessage request, CancellationToken token) =>
        AskAsync(request, consume: null, token);

    /// <param name="request">Used up by the call: a repeat needs a new one.</param>
    /// <param name="consume">
    /// Reads the body of a success as it comes. It calls the second argument whenever some of it has arrived, which
    /// starts the time limit anew.
    /// </param>
    /// <param name="token">The caller's own wish to stop, told apart from the time limit.</param>
    /// <exception cref="TrackerUnavailableException">No whole answer came in time.</exception>
    public async Task<TrackerAnswer> AskAsync(
        HttpRequestMessage request, Func<Stream, Action, CancellationToken, Task>? consume, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(timeout);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (consume is null || !response.IsSuccessStatusCode)
                return Answer(response, await response.Content.ReadAsByteArrayAsync(limit.Token));

            using var body = await response.Content.ReadAsStreamAsync(limit.Token);
            await consume(body, () => limit.CancelAfter(timeout), limit.Token);
            return Answer(response, []);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            throw new TrackerUnavailableException($"{server} did not answer within {timeout.TotalSeconds:0.###} s.");
        }
        catch (HttpRequestException failure)
        {
            throw new TrackerUnavailableException($"{server} cannot be reached: {Reason(failure)}");
        }
        catch (IOException failure)
        {
            throw new TrackerUnavailableException($"The answer of {server} broke off: {failure.Message}");
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>The parameters that have a value, as they stand in a target.</summary>
    private static string Query((string Name, string? Value)[] parameters)
    {
        var pairs = parameters.Where(one => one.Value is not null)
            .Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}").ToArray();
        return pairs.Length == 0 ? "" : "?" + string.Join('&', pairs);
    }

    private static TrackerAnswer Answer(HttpResponseMessage response, byte[] body) =>
        new(response.StatusCode, response.Headers.ETag?.ToString(), RetryAfter(response), body);

    /// <summary>A refused connection names its address; of other failures the innermost says most.</summary>
    private static string Reason(HttpRequestException failure) =>
        failure.InnerException is null or SocketException ? failure.Message : failure.GetBaseException().Message;

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - (response.Headers.Date ?? date),
        _ => null,
    };
}
