using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using OperationTracker.Api;
using OperationTracker.Core.EventStore;
using OperationTracker.Hosting;

namespace OperationTracker.Cli;

/// <summary>
/// Answers from a bundle what a tracker would answer: the tracker's own routes over the bundle's events, held in
/// memory, called in this process. Time stands still at the last of its events.
/// </summary>
internal sealed class BundleTracker : HttpMessageHandler
{
    private readonly ServiceProvider services;
    private readonly RequestDelegate pipeline;

    private BundleTracker(MemoryEventStore store, DateTimeOffset time, TimeZoneInfo? zone)
    {
        var collection = new ServiceCollection();
        collection.AddLogging();
        collection.AddSingleton(new DiagnosticListener("optrack"));
        collection.AddSingleton<IEventStore>(store);
        collection.AddSingleton<IOperationReader>(store);
        collection.AddSingleton<TimeProvider>(new StandingClock(time));
        TrackerApp.AddReading(collection, zone);
        services = collection.BuildServiceProvider();
        var application = new ApplicationBuilder(services);
        application.Use(RawTarget.RouteAsync);
        application.UseRouting();
        application.UseEndpoints(TrackerApi.MapReading);
        pipeline = application.Build();
    }

    /// <param name="file">The bundle.</param>
    /// <param name="operationId">The one operation that will be asked for; null for all.</param>
    /// <param name="zone">The zone of clock times; null where they are refused.</param>
    /// <param name="token">Ends the reading.</param>
    /// <exception cref="ExitException">The bundle cannot be read.</exception>
    public static async Task<BundleTracker> OpenAsync(
        string file, string? operationId, TimeZoneInfo? zone, CancellationToken token)
    {
        var store = new MemoryEventStore(TimeProvider.System);
        var last = DateTimeOffset.UnixEpoch;
        await foreach (var item in BundleEvents.StoredAsync(file, token))
        {
            last = item.Timestamp > last ? item.Timestamp : last;
            if (operationId is null || item.StreamId == operationId) store.Load(item);
        }

        return new BundleTracker(store, last, zone);
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var target = request.RequestUri!;
        var body = new MemoryStream();
        var context = new DefaultHttpContext { RequestServices = services, RequestAborted = cancellationToken };
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target.PathAndQuery;
        context.Request.Method = request.Method.Method;
        context.Request.Path = PathString.FromUriComponent(target);
        context.Request.QueryString = QueryString.FromUriComponent(target);
        foreach (var (name, values) in request.Headers.NonValidated)
            context.Request.Headers[name] = values.ToArray();
        context.Response.Body = body;
        await pipeline(context);
        await context.Response.CompleteAsync();

        body.Position = 0;
        var response =
            new HttpResponseMessage((HttpStatusCode)context.Response.StatusCode) { Content = new StreamContent(body) };
        foreach (var (name, values) in context.Response.Headers)
            response.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        return response;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) services.Dispose();
        base.Dispose(disposing);
    }

    private sealed class StandingClock(DateTimeOffset time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time;
    }
}
