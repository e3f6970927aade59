using System.Globalization;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// Nodes with other time zones, languages and clocks than their neighbours. What they write together is in one order,
/// and each question is answered by all of them with the same bytes.
/// </summary>
internal static class Clocks
{
    private const int QuestionedOperations = 12;
    private static readonly string[] Zones = ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"];
    private static readonly string[] Languages = ["C", "tr_TR.UTF-8", "de_DE.UTF-8"];
    private static readonly string[] Skews = ["+0", "-1h", "+1h", "+10y"];
    private static readonly TimeSpan Writing = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(Trial trial, CancellationToken cancel)
    {
        var library = FakeClock.Library();
        FakeClock.CleanUp();
        if (library is null) trial.Tell("faketime is not installed: all nodes have the machine's clock");
        await using var cluster = await Cluster.StartAsync(trial.Options with { Nodes = Zones.Length }, cancel);
        var judge = await trial.RunCyclesAsync(cluster, Languages.Length, async (judge, round) =>
        {
            for (var node = 0; node < cluster.Nodes.Count; node++)
                await SetAsync(trial, cluster.Nodes[node], node, round, library, cancel);
            await RunRoundAsync(trial, cluster, judge, round, cancel);
        }, cancel);
        await judge.FinishAsync(cancel);
    }

    /// <summary>Every zone meets every language and every clock, in as many rounds.</summary>
    private static async Task SetAsync(
        Trial trial, TrackerNode node, int number, int round, string? library, CancellationToken cancel)
    {
        var (language, skew) =
            (Languages[(number + round) % Languages.Length], Skews[(number * 3 + round) % Skews.Length]);
        node.Environment["TZ"] = Zones[number];
        node.Environment["LANG"] = node.Environment["LC_ALL"] = language;
        node.Environment["OPTRACK_TIME_ZONE"] = "Europe/Berlin";
        if (library is not null)
        {
            node.Environment["LD_PRELOAD"] = library;
            node.Environment["FAKETIME"] = skew;
            node.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = node.Environment["DONT_FAKE_MONOTONIC"] = "1";
        }

        trial.Tell($"{node.Name}: {Zones[number]}, {language}, clock {(library is null ? "+0" : skew)}");
        await node.KillAsync();
        await node.StartAsync(cancel);
    }

    private static async Task RunRoundAsync(
        Trial trial, Cluster cluster, Judge judge, int round, CancellationToken cancel)
    {
        var prefix = string.Create(CultureInfo.InvariantCulture, $"t{round}-Ii-");
        using var ledger = new Ledger(trial.Options.Directory, round);
        using var load = trial.StartLoad(cluster, round, prefix, ledger, cancel);
        load.StopAfter(Writing);
        var attempts = await load.RestAsync(now: false);
        trial.Tell("written");
        var streams = await trial.JudgeAsync(judge, prefix, attempts, cancel);
        trial.Count("rounds");
        trial.Tell("written and judged");
        var compared = await SameAnswers.CompareAsync(
            cluster.ClientPorts, Targets(streams.Values), trial.Violations, cancel);
        trial.Count("questions that all nodes answered with the same bytes", compared);
    }

    /// <summary>Questions about some of the streams, and about all there is.</summary>
    internal static IEnumerable<string> Targets(IEnumerable<StoredStream> streams)
    {
        yield return "/v1/operations?format=detail-list";
        yield return "/v1/operations?limit=50&status=executing";
        yield return "/v1/operations?as_of=20261122_010000";
        yield return "/v1/operations?as_of=2100-01-01T00:00:00Z";
        yield return "/v1/operations?as_of=nonsense&status=EXECUTING&limit=0";
        yield return "/v1/events?limit=1000";
        foreach (var report in new[] { "inconsistent", "corrected", "clashes", "refused", "foreign", "durations" })
            yield return $"/v1/reports/{report}";
        foreach (var stream in streams.Take(QuestionedOperations))
        {
            var target = $"/v1/operations/{stream.OperationId}";
            var then = stream.Changes[stream.Changes.Count / 2].At.UtcDateTime;
            yield return target;
            yield return $"{target}?version=1";
            var instant = then.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            yield return $"{target}?at={instant}";
            yield return $"{target}?at={then.AddHours(1).ToString("yyyyMMdd_HHmmss", CultureInfo.InvariantCulture)}";
            yield return $"{target}/events?limit=1000";
            yield return $"{target}/diff?from=1";
        }
    }
}
