using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Hosting;
using OperationTracker.Tests.Embedded;
using OperationTracker.Tests.EventStore;

namespace OperationTracker.Tests.Api;

/// <summary>
/// The tracker as it is served, over a database of its own. Every answer that its client gets is judged by the OpenAPI
/// document, whatever the test asks of it besides.
/// </summary>
public sealed class TrackerServer : IAsyncLifetime, IAsyncDisposable
{
    private static readonly TimeSpan StoppingTime = TimeSpan.FromSeconds(20);

    private readonly bool _ownsDatabase;
    private readonly CancellationTokenSource _stop = new();
    private WebApplication _app = null!;
    private Task _startup = Task.CompletedTask;

    /// <summary>A server over a fresh database, that serves when the test begins.</summary>
    public TrackerServer()
        : this("", serves: true)
    {
    }

    private TrackerServer(string connectionString, bool serves)
    {
        ConnectionString = connectionString;
        _ownsDatabase = connectionString.Length == 0;
        Serves = serves;
    }

    public string ConnectionString { get; private set; }

    public CapturedLog Log { get; } = new();

    public HttpClient Client { get; private set; } = null!;

    public Uri Url { get; private set; } = null!;

    public IServiceProvider Services => _app.Services;

    internal Readiness Readiness => Services.GetRequiredService<Readiness>();

    private bool Serves { get; }

    /// <summary>Another server over a database of somebody else's, which may be unreachable.</summary>
    /// <param name="connectionString">The database, which is not dropped.</param>
    /// <param name="serves">Whether to wait until it serves; else its start goes on by itself.</param>
    public static async Task<TrackerServer> StartAsync(string connectionString, bool serves = true)
    {
        var server = new TrackerServer(connectionString, serves);
        await server.InitializeAsync();
        return server;
    }

    public async Task InitializeAsync()
    {
        if (_ownsDatabase) ConnectionString = await TrackerFixture.CreateDatabaseAsync();
        _app = TrackerApp.Build(new ServeOptions { Urls = ["http://127.0.0.1:0"] }, ConnectionString);
        Services.GetRequiredService<ILoggerFactory>().AddProvider(new Provider(Log));
        await _app.StartAsync();
        Url = new Uri(_app.Urls.Single());
        Client = new HttpClient(new JudgingHandler()) { BaseAddress = Url };
        _startup = Services.GetRequiredService<SchemaStartup>().RunAsync(_stop.Token);
        if (Serves) await _startup;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _startup.ContinueWith(_ => { }, TaskScheduler.Default);
        Client.Dispose();
        using var limit = new CancellationTokenSource(StoppingTime);
        await _app.StopAsync(limit.Token);
        await _app.DisposeAsync();
        _stop.Dispose();
        if (_ownsDatabase) await PostgresServer.DropDatabaseAsync(ConnectionString);
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    internal IReadOnlyList<RouteEndpoint> Routes =>
        [.. ((IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];

    /// <summary>Starts to stop, while requests are still answered.</summary>
    internal ValueTask StopStoreAsync() =>
        Services.GetRequiredService<OperationTracker.Postgres.PostgresEventStore>().DisposeAsync();

    /// <summary>The kinds of the events of an operation, in their order.</summary>
    internal async Task<string[]> HistoryAsync(string id) =>
        [.. (await Services.GetRequiredService<IEventStore>()
            .ReadStreamAsync(OperationId.Parse(id), 0, 1000, default)).Select(item => item.Type)];

    internal Task<Answer> GetAsync(string target, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, target, null, headers);

    internal Task<Answer> PutAsync(string id, string document, params (string Name, string Value)[] headers) =>
        PutAsync(id, Encoding.UTF8.GetBytes(document), headers);

    internal Task<Answer> PutAsync(string id, byte[] document, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Put, $"/v1/operations/{id}", document, headers);

    internal async Task<Answer> SendAsync(
        HttpMethod method, string target, byte[]? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, target);
        if (body is not null) request.Content = new ByteArrayContent(body);
        foreach (var (name, value) in headers)
            if (!request.Headers.TryAddWithoutValidation(name, value))
                request.Content!.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue(name);
        using var response = await Client.SendAsync(request);
        return await JudgingHandler.ReadAsync(request, response);
    }

    internal Task<object?> ExecuteAsync(string statements) => ExecuteAsync(ConnectionString, statements);

    internal static async Task<object?> ExecuteAsync(string connectionString, string statements)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statements, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Judges each answer, after reading it whole.</summary>
    private sealed class JudgingHandler : DelegatingHandler
    {
        public JudgingHandler()
            : base(new SocketsHttpHandler
            {
                AllowAutoRedirect = false, UseProxy = false, AutomaticDecompression = DecompressionMethods.None,
            })
        {
        }

        public static async Task<Answer> ReadAsync(HttpRequestMessage request, HttpResponseMessage response) => new(
            request.Method.Method,
            request.RequestUri!.IsAbsoluteUri ? request.RequestUri.PathAndQuery : $"{request.RequestUri}",
            (int)response.StatusCode,
            response.Headers.Concat(response.Content.Headers).Concat(response.Headers.NonValidated.Select(
                    header => KeyValuePair.Create(header.Key, (IEnumerable<string>)[$"{header.Value}"])))
                .DistinctBy(header => header.Key, StringComparer.OrdinalIgnoreCase)
                .ToDictionary(
                    header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase),
            await response.Content.ReadAsByteArrayAsync());

        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            await response.Content.LoadIntoBufferAsync(cancellationToken);
            OpenApiContract.Faults(await ReadAsync(request, response)).ShouldBeEmpty();
            return response;
        }
    }

    private sealed class Provider(CapturedLog log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose()
        {
        }
    }
}
