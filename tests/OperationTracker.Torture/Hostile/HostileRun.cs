using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Torture.Hostile;

/// <summary>
/// Everything that is hostile, against a tracker process of its own with a PostgreSQL of its own: texts that are no
/// JSON, naughty strings, garbage, and the mass of generated requests. Whatever comes, nothing fails: no 5xx, no
/// exception in the log, nothing of a body there, a process that lives and does not grow.
/// </summary>
internal sealed class HostileRun
{
    private const double Growth = 100;
    private const int RandomStreams = 10_000;

    /// <summary>
    /// What no line of the log may hold: a failure, a connection that the web server lost track of, a body.
    /// </summary>
    private static readonly string[] Bad =
    [
        "xception", "nhandled", "nexpected", "abnormally", "crit:", "fail:", HostileRequest.Canary, "${jndi", "passwd",
    ];

    private readonly HostileOptions _options;
    private readonly TrackerNode _node;
    private readonly Uri _url;
    private readonly Action<string> _tell;
    private readonly HostileFindings _findings = new();
    private readonly Stopwatch _time = Stopwatch.StartNew();

    private HostileRun(HostileOptions options, TrackerNode node, Action<string> tell)
    {
        (_options, _node, _tell) = (options, node, tell);
        _url = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{node.Port}"));
    }

    /// <summary>Runs it, prints the figures as JSON, and deletes its directory unless something was found.</summary>
    /// <returns>The exit code: 5 when something was found.</returns>
    public static async Task<int> RunAsync(HostileOptions options, Action<string> tell)
    {
        Directory.CreateDirectory(options.Directory);
        tell(string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}, in {options.Directory}"));
        HostileFigures figures;
        var log = Path.Combine(options.Directory, "tracker.log");
        await using (var postgres = await PrivatePostgres.StartAsync(
            Path.Combine(options.Directory, "data"), Path.Combine(options.Directory, "postgres.log"), default))
        await using (var node = new TrackerNode("tracker", postgres.ConnectionString, log))
        {
            AppDomain.CurrentDomain.ProcessExit += (_, _) => node.Abandon();
            await node.StartAsync(default);
            figures = await new HostileRun(options, node, tell).RunAsync(log);
        }

        Console.WriteLine(figures.ToJson());
        if (options.Json is { } file) await File.WriteAllTextAsync(file, figures.ToJson());
        if (figures.Findings.Count > 0) return 5;
        Directory.Delete(options.Directory, recursive: true);
        return 0;
    }

    private async Task<HostileFigures> RunAsync(string log)
    {
        using var stop = new CancellationTokenSource();
        var liveness = WatchAsync(stop.Token);
        var load = new HostileLoad(_url, _findings, _options.Seed);
        await load.RunAsync(_options.Connections, _options.Requests / 20);
        await SendCorporaAsync();
        await SendGarbageAsync();
        var warm = Megabytes();
        Tell("warm", warm);
        while (_findings.Total < _options.Requests && !_findings.IsFull)
        {
            await load.RunAsync(_options.Connections, Math.Min(50_000, _options.Requests - _findings.Total));
            Tell("generated", Megabytes());
        }

        await stop.CancelAsync();
        var (checks, slowest) = await liveness;
        var end = Megabytes();
        if (end - warm > Growth)
            _findings.Add(string.Create(CultureInfo.InvariantCulture, $"memory grew from {warm} to {end} MB"));
        var lines = File.Exists(log) ? await File.ReadAllLinesAsync(log) : [];
        foreach (var line in lines.Where(line => Bad.Any(line.Contains))) _findings.Add($"log: {line}");
        return new HostileFigures
        {
            Seed = _options.Seed, Seconds = Math.Round(_time.Elapsed.TotalSeconds, 1),
            Requests = new(_findings.Requests.ToDictionary()),
            Answers = new(_findings.Answers.ToDictionary(), StringComparer.Ordinal),
            MegabytesAfterWarmUp = warm, MegabytesAtEnd = end, LivenessChecks = checks,
            SlowestLivenessMs = Math.Round(slowest, 1),
            LogLines = lines.Length, Findings = _findings.Texts,
        };
    }

    private async Task SendCorporaAsync()
    {
        using HostileClient json = new(_url, _findings, "json"), naughty = new(_url, _findings, "naughty");
        var texts = new JsonCaseRun(json, _findings, "json");
        await texts.RunAsync(JsonCases.All());
        await texts.RunFramesAsync();
        if (_options.Corpus is { } directory) await texts.RunAsync(JsonCase.ReadDirectory(directory));
        Tell("json", Megabytes());
        var strings = new NaughtyRun(naughty, _findings, "naughty");
        await strings.RunAsync(NaughtyStrings.All);
        if (_options.Corpus is not null && Path.Combine(_options.Corpus, "blns.json") is var file && File.Exists(file))
            await strings.RunAsync(JsonSerializer.Deserialize<string[]>(await File.ReadAllBytesAsync(file))!);
        Tell("naughty", Megabytes());
    }

    private async Task SendGarbageAsync()
    {
        var garbage = new Garbage(_url, _findings, _options.Seed);
        var streams = Math.Min(RandomStreams, _options.Requests / 10);
        var share = streams / _options.Connections;
        await Task.WhenAll(Enumerable.Range(0, _options.Connections).Select(number => Task.Run(async () =>
        {
            await garbage.SendRandomAsync(number * share, (number + 1) * share);
            await garbage.SendBrokenAsync(number * share / 2, (number + 1) * share / 2);
            await garbage.PipelineAsync(streams / 100, $"pipe{number}");
        })));
        Tell("garbage", Megabytes());
    }

    private async Task<(int Checks, double Slowest)> WatchAsync(CancellationToken stop)
    {
        var (checks, slowest) = (0, 0.0);
        // Counted apart: what it asks is not hostile.
        var own = new HostileFindings();
        using var client = new HostileClient(_url, own, "liveness");
        while (!stop.IsCancellationRequested)
        {
            var asked = Stopwatch.GetTimestamp();
            var answer = await client.SendAsync("GET", "/health/live");
            slowest = Math.Max(slowest, Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
            checks++;
            if (answer?.Status != 200) _findings.Add($"the liveness was {answer?.Status} after {_time.Elapsed}");
            await Task.Delay(200, stop).ContinueWith(_ => { }, TaskScheduler.Default);
        }

        return (checks, slowest);
    }

    /// <summary>The memory that the tracker's process holds.</summary>
    private double Megabytes()
    {
        using var process = Process.GetProcessById(_node.Id!.Value);
        return Math.Round(process.WorkingSet64 / 1048576.0, 1);
    }

    private void Tell(string what, double megabytes) => _tell(string.Create(CultureInfo.InvariantCulture,
        $"  {what}: {_findings.Total} requests, {_findings.Texts.Count} findings, {megabytes} MB, {_time.Elapsed:c}"));
}
