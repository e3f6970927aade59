using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace OperationTracker.Tests.Cli;

/// <summary>A request as the fake saw it; the target is as it stood on the wire.</summary>
internal sealed record SeenRequest(
    string Method, string Target, byte[] Body, string? IfMatch, string? IfNoneMatch, string? ContentType);

/// <summary>
/// A tracker that plays the contract's answers: each test says what is answered to the first, second, … request.
/// </summary>
internal sealed class FakeTracker : IAsyncDisposable
{
    public const string SomeETag = "\"3-5f2a\"";

    private readonly WebApplication app;
    private readonly ConcurrentQueue<SeenRequest> seen = new();
    private readonly TaskCompletionSource firstRequest = new();
    private int count;

    private FakeTracker(WebApplication app) => this.app = app;

    public string Url => app.Urls.Single();

    public IReadOnlyList<SeenRequest> Seen => [.. seen];

    public Task FirstRequest => firstRequest.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>The last answer goes on for ever.</summary>
    public static async Task<FakeTracker> StartAsync(params Func<HttpContext, Task>[] answers)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var tracker = new FakeTracker(builder.Build());
        tracker.app.Run(async context =>
        {
            await tracker.RememberAsync(context.Request);
            var turn = Interlocked.Increment(ref tracker.count) - 1;
            await answers[Math.Min(turn, answers.Length - 1)](context);
        });
        await tracker.app.StartAsync();
        return tracker;
    }

    public static Func<HttpContext, Task> Document(string json) => Answer(200, json, ("ETag", SomeETag));

    public static Func<HttpContext, Task> Error(
        int status, string code, string message, string details = "[]", params (string, string)[] headers) =>
        Answer(
            status,
            $$"""
            {"error_code":"{{code}}","error_message":"{{message}}","data_consistency":"rolled back",
             "details":{{details}}}
            """,
            headers);

    public static Func<HttpContext, Task> Answer(
        int status, string body, params (string Name, string Value)[] headers) =>
        async context =>
        {
            context.Response.StatusCode = status;
            foreach (var (name, value) in headers) context.Response.Headers[name] = value;
            if (body.Length == 0) return;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(body);
        };

    public static Task Silence(HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted);

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task RememberAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        var target = request.HttpContext.Features.Get<IHttpRequestFeature>()!.RawTarget;
        seen.Enqueue(new SeenRequest(
            request.Method,
            target,
            body.ToArray(),
            (string?)request.Headers.IfMatch,
            (string?)request.Headers.IfNoneMatch,
            request.ContentType));
        firstRequest.TrySetResult();
    }
}
