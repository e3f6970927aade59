using System.Globalization;
using System.Text.Json;
using Npgsql;
using OperationTracker.Benchmarks.Baselines;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// A rebuild of the view, alone, against copying the same events out and the same views in; and PUTs at half of the
/// peak rate while it runs, at full speed and paced; and clients that read back what they write meanwhile.
/// </summary>
internal sealed class RebuildScenario(ScenarioContext context)
{
    private const int Bytes = 1024;

    /// <summary>Of the operations of the run's largest store; each has four events.</summary>
    private const int Share = 8;

    private const int EventsPerOperation = 4;

    /// <summary>Seconds that the paced rebuild's reading takes.</summary>
    private const double PacedSeconds = 40;

    private const double LongestRebuild = 900;

    /// <summary>
    /// Seconds of the load right before each rebuild, with which the load beside it is compared: enough of them to meet
    /// what the machine does to both.
    /// </summary>
    private const double SecondsWithout = 60;

    /// <summary>What the start of the load generator's process takes.</summary>
    private const double GeneratorSeconds = 1;

    private readonly Rounds _rounds = new("rebuild");
    private readonly int _operations = Math.Max(1, context.Operations / Share);

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        // Each in a store of its own: what the load before has appended is not to be rebuilt along.
        var pace = (_operations * EventsPerOperation / PacedSeconds).ToString("F0", CultureInfo.InvariantCulture);
        for (var round = 1; round <= context.Rounds; round++)
        {
            await WithStoreAsync($"round {round}, alone", MeasureAloneAsync, cancel);
            await WithStoreAsync(
                $"round {round}, at full speed beside PUTs",
                (store, stop) => MeasureBesideAsync("fast", store, ["rebuild"], stop), cancel);
            await WithStoreAsync(
                $"round {round}, paced beside PUTs",
                (store, stop) => MeasureBesideAsync("paced", store, ["rebuild", "--pace", pace], stop), cancel);
        }

        await WithStoreAsync("while clients read back what they write", ReadBackAsync, cancel);

        Tell();
        return _rounds.Figures;
    }

    private async Task WithStoreAsync(
        string what, Func<Store, CancellationToken, Task> measureAsync, CancellationToken cancel)
    {
        ScenarioContext.Say($"rebuild, {what}; storing {_operations} operations");
        var (database, tracker) = await context.StartTrackerAsync(cancel);
        await using (tracker)
        await using (var source = NpgsqlDataSource.Create(database))
        {
            await StoredOperations.SeedAsync(context.Server, database, _operations, Bytes, cancel);
            await ScenarioContext.WarmUpAsync(context.Load("put", tracker), cancel);
            await measureAsync(new Store(database, source, tracker), cancel);
            _rounds.Add("lock", await LockMillisecondsAsync(source, cancel));
        }

        await context.Server.DropDatabaseAsync(database, cancel);
    }

    private async Task MeasureAloneAsync(Store store, CancellationToken cancel)
    {
        var database = store.Database;
        var copy = new CopyBaseline(store.Source, context.Server.Scratch);
        await BenchmarkServer.ExecuteAsync(context.Server.AsAdministrator(database), "checkpoint", cancel);
        var (copied, events) = await copy.RunAsync(cancel);
        _rounds.Add("copy", events / copied);
        await BenchmarkServer.ExecuteAsync(context.Server.AsAdministrator(database), "checkpoint", cancel);
        var rebuild = await RunAsync(database, ["rebuild"], cancel);
        _rounds.Add("rate", events / rebuild.Seconds);
        _rounds.Add("memory", rebuild.Megabytes);
        if (EtaErrorOf(rebuild) is { } error)
            _rounds.Add("eta", error);
        _rounds.Add("verify", events / (await RunAsync(database, ["verify"], cancel)).Seconds);
    }

    /// <summary>
    /// By how much of the time that was left the estimate half-way was wrong, in percent; null when it was done too
    /// soon to be asked.
    /// </summary>
    private static double? EtaErrorOf(OptrackCommand rebuild)
    {
        foreach (var (at, line) in rebuild.Lines)
        {
            using var json = JsonDocument.Parse(line);
            if (json.RootElement.TryGetProperty("progress", out var progress)
                && progress.TryGetProperty("remaining_seconds", out var remaining)
                && progress.GetProperty("events").GetInt64() * 2 >= progress.GetProperty("events_total").GetInt64())
                return 100 * Math.Abs(remaining.GetDouble() / (rebuild.Seconds - at) - 1);
        }

        return null;
    }

    /// <summary>
    /// A rebuild while clients read back what they write; afterwards each row has to be what a fold makes.
    /// </summary>
    private async Task ReadBackAsync(Store store, CancellationToken cancel)
    {
        using var clients = new ReadBack(store.Tracker, _operations);
        await clients.RunAsync(RunAsync(store.Database, ["rebuild"], cancel), cancel);
        _rounds.Add("answers", clients.Answers);
        _rounds.Add("missing", clients.Missing);
        _rounds.Add("stale", clients.Stale);
        // Fails when a row differs.
        await RunAsync(store.Database, ["verify"], cancel);
    }

    /// <summary>
    /// The load at half of its peak rate for a minute, then from before the command's start to its end, and how long
    /// the command took. The generator is warm by then, as it is without a rebuild: what is compared is the tracker.
    /// </summary>
    private async Task MeasureBesideAsync(string series, Store store, string[] words, CancellationToken cancel)
    {
        var put = context.Load("put", store.Tracker);
        var half = put with { Rate = (await put.RunAsync(cancel)).Rate / 2 };
        var without = await (half with { Seconds = SecondsWithout }).RunAsync(cancel);
        ScenarioContext.Say($"without it, at {half.Rate:F0}/s: p99 {without.Latency.P99:F1} ms");
        Task<LoadResult> loading;
        await using (var end = ChildProcess.Start("sleep", "/", $"{LongestRebuild:F0}"))
        {
            loading = (half with { Seconds = LongestRebuild, Until = end.Id }).RunAsync(cancel);
            await Task.Delay(TimeSpan.FromSeconds(GeneratorSeconds + half.WarmUp), cancel);
            _rounds.Add($"{series}.seconds", (await RunAsync(store.Database, words, cancel)).Seconds);
        }

        var beside = await loading;
        ScenarioContext.Say($"beside it: p99 {beside.Latency.P99:F1} ms");
        _rounds.Add($"{series}.without", without);
        _rounds.Add(series, beside);
    }

    private static Task<OptrackCommand> RunAsync(string database, string[] words, CancellationToken cancel) =>
        OptrackCommand.RunAsync(database, ["projections", .. words, "--json"], cancel);

    private static async Task<double> LockMillisecondsAsync(NpgsqlDataSource source, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(
            "select lock_ms from tracker.projection_rebuilds where state = 'done' order by id desc limit 1");
        return (double)(await command.ExecuteScalarAsync(cancel))!;
    }

    private void Tell()
    {
        _rounds.Compare(
            "rate/copy", "rate", "rebuild, alone", "events/s", "copy",
            "COPY of the events out in stream order, and of both tables in, with indexes and statistics");
        _rounds.Tell("memory", "memory of the rebuild, at most", "MB");
        if (_rounds.Has("eta"))
            _rounds.Tell("eta", "error of the estimate half-way, of the time left", "%");
        _rounds.Tell("lock", "append lock held by the swap", "ms");
        _rounds.Tell("verify", "verify, alone", "events/s");
        _rounds.Tell("answers", "documents read back during a rebuild", "GETs");
        _rounds.Tell("missing", "of these, missing", "GETs");
        _rounds.Tell("stale", "of these, not the one acknowledged last", "GETs");
        _rounds.Tell("fast.seconds", "a rebuild beside PUTs at half of the peak rate", "s");
        _rounds.Tell("paced.seconds", "a paced one", "s");
        _rounds.Compare(
            "fast.p99/without", "fast.p99", "PUT at half of the peak rate, p99, during a rebuild", "ms",
            "fast.without.p99", "the minute before, without");
        _rounds.Compare(
            "paced.p99/without", "paced.p99", "PUT at half of the peak rate, p99, during a paced rebuild", "ms",
            "paced.without.p99", "the minute before, without");
    }

    /// <summary>A store that was filled, and its tracker.</summary>
    private sealed record Store(string Database, NpgsqlDataSource Source, HttpServerProcess Tracker);
}
