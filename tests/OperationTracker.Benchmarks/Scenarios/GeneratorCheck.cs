using System.Globalization;
using System.Text.RegularExpressions;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// Asks whether the load generator is itself what limits: <c>wrk</c>, a known one, does the same for a comparison.
/// </summary>
internal static partial class GeneratorCheck
{
    private static readonly string[] Places = ["/usr/bin/wrk", "/usr/local/bin/wrk"];

    public static async Task<string> RunAsync(ScenarioContext context, CancellationToken cancel)
    {
        if (Places.FirstOrDefault(File.Exists) is not { } wrk)
            return "The load generator was not compared with wrk, which is not on this machine.";
        var database = await context.Server.CreateDatabaseAsync(cancel);
        var document = Path.Combine(context.Server.Scratch, "check.json");
        await File.WriteAllTextAsync(document, StoredTexts.Of(1024).Documents[3], cancel);
        await using var baseline = await HttpServerProcess.StartBaselineAsync(database, document, cancel);
        var paths = Path.Combine(context.Server.Scratch, "check.paths");
        await File.WriteAllTextAsync(paths, "/static/1", cancel);
        var load = context.Load("get", baseline) with { Paths = paths };
        await ScenarioContext.WarmUpAsync(load, cancel);
        var seconds = Math.Max(1, (int)context.Seconds);
        await using var process = ChildProcess.Start(
            wrk, context.Server.Scratch, "-t1", $"-c{ScenarioContext.Connections}", $"-d{seconds}s",
            $"http://{baseline.Address}/static/1");
        var theirs = double.Parse(
            Rate().Match(await process.OutputAsync(cancel)).Groups[1].Value, CultureInfo.InvariantCulture);
        var ours = (await load.RunAsync(cancel)).Rate;
        return string.Create(CultureInfo.InvariantCulture,
            $"The load generator gets {ours:#,0} GET/s from a static route"
            + $" and wrk with one thread {theirs:#,0} ({ours / theirs:0.00}).");
    }

    [GeneratedRegex(@"Requests/sec:\s+([0-9.]+)")]
    private static partial Regex Rate();
}
