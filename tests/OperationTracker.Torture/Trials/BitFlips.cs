using System.Globalization;
using System.Text.Json;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Faults;
using OperationTracker.Torture.Servers;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Trials;

/// <summary>
/// The disk gives back other bits than were written: with PostgreSQL stopped, one bit is flipped in some pages of the
/// tables of events and views. Whoever asks is then told what was true before, or that it cannot be told; never
/// anything else; and verification reports it. The page checksums, which the product's own cluster has, are what finds
/// it.
/// </summary>
internal static class BitFlips
{
    private const int Flips = 50;
    private const int FlipsAtOnce = 5;
    private static readonly TimeSpan Writing = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Trial trial, CancellationToken cancel)
    {
        await using var cluster = await Cluster.StartAsync(trial.Options, cancel);
        trial.Postgres = cluster.Postgres.Version;
        var judge = new Judge(cluster, trial.Violations);
        var operations = await WriteAsync(trial, cluster, judge, cancel);
        var pages = await TablePages.OfAsync(cluster.Postgres, cancel);
        var truth = new RememberedAnswers(operations);
        await truth.RememberAsync(cluster.Nodes[0].Port, cancel);
        if (trial.Options.Plant == PlantedBug.NoChecksums) await DropChecksumsAsync(cluster, cancel);
        for (var left = trial.Options.Count ?? Flips; left > 0 && trial.Violations.All.Count == 0; left -= FlipsAtOnce)
            await RunRoundAsync(trial, cluster, pages, truth, Math.Min(left, FlipsAtOnce), cancel);
        await judge.FinishAsync(cancel);
    }

    private static async Task<IReadOnlyList<string>> WriteAsync(
        Trial trial, Cluster cluster, Judge judge, CancellationToken cancel)
    {
        using var ledger = new Ledger(trial.Options.Directory, 1);
        using var load = new Load(
            trial.Options with { Slots = 200 }, trial.Options.Seed, "b-", ledger, cluster.ClientPorts,
            trial.NextAttempt, cancel);
        load.StopAfter(Writing);
        var attempts = await load.RestAsync(now: false);
        return [.. (await trial.JudgeAsync(judge, "b-", attempts, cancel)).Keys.Order(StringComparer.Ordinal)];
    }

    private static async Task RunRoundAsync(
        Trial trial, Cluster cluster, TablePages pages, RememberedAnswers truth, int flips, CancellationToken cancel)
    {
        await StopAsync(cluster);
        var flipped = Enumerable.Range(0, flips).Select(_ => pages.Flip(trial.Random)).ToList();
        trial.Tell($"one bit in each of: {string.Join(", ", flipped.Select(page => page.Name))}");
        foreach (var page in flipped) trial.Count($"bits flipped in {page.Table}");
        await cluster.Postgres.StartAgainAsync(cancel);
        await Task.WhenAll(cluster.Nodes.Select(node => node.StartAsync(cancel)));

        var asked = await truth.CompareAsync(cluster.Nodes[0].Port, trial.Violations, cancel);
        trial.Count("answers as before", asked.Same);
        trial.Count("answers that told of the fault", asked.Refused);
        await ExpectReportAsync(trial, cluster, ["audit", "verify"], flipped.Any(page => page.IsOfEvents), cancel);
        await ExpectReportAsync(trial, cluster, ["projections", "verify"], flipped.Any(page => page.IsOfView), cancel);

        await StopAsync(cluster);
        foreach (var page in Enumerable.Reverse(flipped)) page.Restore();
        await cluster.Postgres.StartAgainAsync(cancel);
        await Task.WhenAll(cluster.Nodes.Select(node => node.StartAsync(cancel)));
    }

    /// <summary>Verification reads every page of its tables, so it finds what readers may not come across.</summary>
    private static async Task ExpectReportAsync(
        Trial trial, Cluster cluster, string[] command, bool expected, CancellationToken cancel)
    {
        if (!expected) return;
        var (exitCode, output) = await TrackerNode.RunAsync(cluster.Postgres.ConnectionString, command, cancel);
        var name = string.Join(' ', command);
        trial.Count(string.Create(CultureInfo.InvariantCulture, $"{name} ended with {exitCode}"));
        trial.Tell($"{name}: {exitCode}, {output.Split('\n')[^1]}");
        if (exitCode == 0) trial.Violations.Add("reports", $"optrack {name} found nothing");
    }

    private static async Task StopAsync(Cluster cluster)
    {
        await Task.WhenAll(cluster.Nodes.Select(node => node.KillAsync()));
        await cluster.Postgres.StopAsync();
    }

    private static async Task DropChecksumsAsync(Cluster cluster, CancellationToken cancel)
    {
        await StopAsync(cluster);
        var record = Path.Combine(Path.GetDirectoryName(cluster.Postgres.Cluster)!, "optrack-pg.json");
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(record, cancel));
        var tool = Path.Combine(json.RootElement.GetProperty("bin").GetString()!, "pg_checksums");
        Tool.DemandRoot("dropping the checksums as the server's user");
        await Tool.RunAsync("runuser", "-u", "postgres", "--", tool, "--disable", "-D", cluster.Postgres.Cluster);
        await cluster.Postgres.StartAgainAsync(cancel);
        await Task.WhenAll(cluster.Nodes.Select(node => node.StartAsync(cancel)));
    }
}
