using Microsoft.AspNetCore.HostFiltering;
using OperationTracker.Api;
using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.History;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Hosting;

/// <summary>All wiring, in one place, shared by <c>optrack serve</c> and the tests.</summary>
internal static class TrackerApp
{
    /// <summary>How long what has begun may take to finish once the node was told to stop.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The tracker as a web application over a database, not yet started. Whoever starts it runs
    /// <see cref="SchemaStartup"/> beside it: until that returns, operations are answered 503.
    /// </summary>
    public static WebApplication Build(
        ServeOptions options, string connectionString, Func<string?>? embeddedProblem = null,
        TimeProvider? clock = null)
    {
        // Empty: others read settings from files of the directory in which they are started, and watch all below it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        AddLogging(builder.Logging, options);
        builder.WebHost.UseUrls([.. options.Urls]);
        WebServer.Configure(builder.WebHost);
        var services = builder.Services;
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        services.AddSingleton<IHostLifetime, ManualLifetime>();
        services.AddHostFiltering(filtering => ConfigureHosts(filtering, options));
        services.AddSingleton(clock ?? TimeProvider.System);
        services.AddSingleton(provider => new TrackerDatabase(
            connectionString, options.Schema, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<PostgresEventStore>();
        services.AddSingleton<IEventStore>(provider => provider.GetRequiredService<PostgresEventStore>());
        services.AddSingleton<IOperationReader>(provider => provider.GetRequiredService<PostgresEventStore>());
        AddReading(services, options.TimeZone);
        services.AddSingleton<ProjectionCatalog>();
        services.AddSingleton(provider => new ProjectionWatch(
            provider.GetRequiredService<TrackerDatabase>(), options.VerifyRate,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ProjectionWatch>>()));
        services.AddSingleton(provider => new Readiness(
            provider.GetRequiredService<TrackerDatabase>(), provider.GetRequiredService<PostgresEventStore>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ProjectionWatch>(),
            embeddedProblem ?? (() => null)));
        services.AddSingleton<SchemaStartup>();
        services.AddSingleton<Edge>();

        var app = builder.Build();
        // What the host filter refuses has to carry the error body too.
        app.Use(app.Services.GetRequiredService<Edge>().HandleAsync);
        app.UseHostFiltering();
        app.Use(RawTarget.RouteAsync);
        app.UseRouting();
        TrackerApi.Map(app);
        return app;
    }

    /// <summary>What <see cref="TrackerApi.MapReading"/> needs beside a store and a clock.</summary>
    public static void AddReading(IServiceCollection services, TimeZoneInfo? zone)
    {
        services.AddSingleton<OperationService>();
        services.AddSingleton<OperationHistory>();
        services.AddSingleton<LogSearch>();
        services.AddSingleton<ExecutingBaseline>();
        services.AddSingleton(new InstantReader(zone));
        services.AddRouting();
    }

    /// <summary>
    /// A node that listens on loopback only answers to loopback's names: a web page whose host name is made to point
    /// here (DNS rebinding) gets nothing.
    /// </summary>
    private static void ConfigureHosts(HostFilteringOptions filtering, ServeOptions options)
    {
        filtering.IncludeFailureMessage = false;
        filtering.AllowedHosts = options.Urls.All(ListenAddress.IsLoopback)
            ? ["localhost", "127.0.0.1", "[::1]", .. options.Urls.Select(ListenAddress.HostOf)]
            : ["*"];
    }

    public static void AddLogging(ILoggingBuilder logging, ServeOptions options)
    {
        logging.ClearProviders();
        if (options.JsonLogs)
            logging.AddJsonConsole(console => console.UseUtcTimestamp = true);
        else
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            });
        // Standard output is for the line that says where the tracker is.
        logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        logging.SetMinimumLevel(LogLevel.Information);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        // What keeps it from starting is told in a sentence, not with a stack.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddFilter("Npgsql", LogLevel.None);
    }

    /// <summary>Signals are the command line's business; the host starts and stops when it is told to.</summary>
    private sealed class ManualLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
