using System.Net;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Benchmarks.Servers;

/// <summary>A server under load, in a process of its own.</summary>
internal sealed class HttpServerProcess : IAsyncDisposable
{
    /// <summary>As the project of <c>optrack</c> has it by its SDK; the baseline must not be better off.</summary>
    private static readonly Lazy<bool> HasServerCollector = new(() => File
        .ReadAllText(Path.Combine(AppContext.BaseDirectory, "optrack.runtimeconfig.json"))
        .Contains("\"System.GC.Server\": true", StringComparison.Ordinal));

    private readonly ChildProcess _process;

    private HttpServerProcess(ChildProcess process, int port) => (_process, Address) = (process, $"127.0.0.1:{port}");

    /// <summary>Host and port.</summary>
    public string Address { get; }

    public int Id => _process.Id;

    /// <summary><c>optrack serve</c> on a database, which it migrates.</summary>
    public static Task<HttpServerProcess> StartTrackerAsync(string connectionString, CancellationToken cancel) =>
        StartAsync("optrack.dll", port => ["serve", "--database", connectionString, "--urls", Url(port)], cancel);

    /// <summary>The server to compare with, of this program.</summary>
    public static Task<HttpServerProcess> StartBaselineAsync(
        string connectionString, string document, CancellationToken cancel) => StartAsync(
        Path.GetFileName(typeof(HttpServerProcess).Assembly.Location),
        port => ["baseline", "--database", connectionString, "--urls", Url(port), "--document", document], cancel);

    public (double Peak, double Now) MemoryMegabytes() => ProcessFigures.MemoryMegabytes(Id);

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private static async Task<HttpServerProcess> StartAsync(
        string assembly, Func<int, string[]> arguments, CancellationToken cancel)
    {
        var port = LoopbackPort.Free();
        var process = ChildProcess.StartAssembly(assembly, HasServerCollector.Value, arguments(port));
        try
        {
            await process.FirstLineAsync(cancel);
            return new HttpServerProcess(process, port);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private static string Url(int port) => $"http://127.0.0.1:{port}";
}
