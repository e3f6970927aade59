using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Tests.Api;

namespace OperationTracker.Tests.Hosting;

/// <summary>The real executable as <c>optrack serve</c>, killed at the test's end if it still runs.</summary>
[SupportedOSPlatform("linux")]
internal sealed class TrackerProcess : IDisposable
{
    private const int SigTerm = 15;
    private const int SigKill = 9;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private TrackerProcess(string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in new[] { "exec", Path.Combine(AppContext.BaseDirectory, "optrack.dll"), "serve" }
            .Concat(arguments))
            start.ArgumentList.Add(argument);
        foreach (var name in start.Environment.Keys.Where(IsOurs).ToArray()) start.Environment.Remove(name);
        if (Environment.GetEnvironmentVariable("OPTRACK_PG_BIN") is { } bin) start.Environment["OPTRACK_PG_BIN"] = bin;
        foreach (var (name, value) in environment) start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is null)
            {
                _ready.TrySetException(new InvalidOperationException("The tracker ended before it was ready."));
                return;
            }

            _output.Enqueue(line.Data);
            _ready.TrySetResult(line.Data);
        };
        _process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public IReadOnlyCollection<string> Output => _output;

    public string Errors => string.Join('\n', _errors);

    /// <summary>Where it listens; known when it is ready.</summary>
    public Uri Url { get; private set; } = new("http://127.0.0.1:0");

    public static TrackerProcess Start(params string[] arguments) => new(arguments, []);

    public static TrackerProcess Start((string Name, string Value)[] environment, params string[] arguments) =>
        new(arguments, environment);

    /// <summary>Starts one on a free port and waits until it is ready.</summary>
    public static async Task<TrackerProcess> ReadyAsync(params string[] arguments)
    {
        var tracker = Start(["--urls", "http://127.0.0.1:0", .. arguments]);
        await tracker.BecomeReadyAsync();
        return tracker;
    }

    /// <summary>The line that says that it is ready.</summary>
    public async Task<string> BecomeReadyAsync()
    {
        try
        {
            var line = await _ready.Task.WaitAsync(Patience);
            Url = new Uri(
                line.Split(' ').First(word => word.StartsWith("http", StringComparison.Ordinal)).TrimEnd(','));
            return line;
        }
        catch (Exception fault)
        {
            throw new InvalidOperationException($"Not ready: {Errors}", fault);
        }
    }

    public Task<Answer> PutAsync(string id, string document) => RawHttp.SendAsync(
        Url, "PUT", $"/v1/operations/{id}",
        $"Connection: close\r\nContent-Length: {document.Bytes().Length}\r\n", document);

    public Task<Answer> GetAsync(string target) => RawHttp.SendAsync(Url, "GET", target, "Connection: close\r\n");

    /// <summary>Asks it to stop, as a service manager does.</summary>
    public void Terminate() => Posix.Signal(Id, SigTerm);

    public void Kill()
    {
        Posix.Signal(Id, SigKill);
        _process.WaitForExit();
    }

    public async Task<int> EndAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    /// <summary>
    /// Memory of its own that is in RAM, in bytes: all but the pages of files, which the kernel can drop.
    /// </summary>
    public long Memory() => 1024 * File.ReadLines($"/proc/{Id}/status")
        .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal)
            || line.StartsWith("RssShmem:", StringComparison.Ordinal))
        .Sum(line => long.Parse(
            line.Split(['\t', ' '], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }

    /// <summary>
    /// The processes that serve a PostgreSQL cluster in a data directory: one, or something is wrong.
    /// </summary>
    public static IReadOnlyList<int> Postmasters(string dataDirectory) =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => name!.All(char.IsAsciiDigit))
            .Where(pid => IsPostmaster(CommandLineOf(pid!), dataDirectory))
            .Select(pid => int.Parse(pid!, CultureInfo.InvariantCulture))];

    private static bool IsPostmaster(string[] words, string dataDirectory) =>
        words.Length > 2 && Path.GetFileName(words[0]) == "postgres" && words.Any(word => word.Contains(dataDirectory));

    private static string[] CommandLineOf(string pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("OPTRACK_", StringComparison.Ordinal) || name is "STATE_DIRECTORY" or "ASPNETCORE_URLS";
}
