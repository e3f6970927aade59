using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// Questions about the past, one after the other: pages of the list at an instant, single operations, the log.
/// </summary>
internal sealed class PastScenario(ScenarioContext context)
{
    private const int Operations = 125_000;
    private const int EventsPerOperation = 4;
    private const int Bytes = 1024;

    /// <summary>Filters that let all, some, few and none pass.</summary>
    private static readonly string[] Filters =
    [
        "status=executing", "status=completed", "status=failed", "cluster_id=1", "cluster_id=none",
        "method=PATCH&status=executing", "uri=/v1/slices/", "uri=/v2/",
        "occurred_from=20260110_000000", "updated_to=20260103_000000&status=executing",
    ];

    private readonly Rounds _rounds = new("past");
    private readonly Random _random = new(1);

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        ScenarioContext.Say($"past, storing {Operations} operations");
        var (database, tracker) = await context.StartTrackerAsync(cancel);
        await using var running = tracker;
        await StoredOperations.SeedAsync(context.Server, database, Operations, Bytes, cancel);
        var (begin, end) = await PeriodAsync(database, cancel);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{tracker.Address}") };
        // The first turn is the warm-up.
        for (var round = 0; round <= context.Rounds; round++)
        {
            ScenarioContext.Say($"past, round {round}");
            var count = round == 0 ? (Action<string, double>)((_, _) => { }) : _rounds.Add;
            Count(count, "page", await AskAsync(client, () => Page("list"), cancel));
            Count(count, "detail", await AskAsync(client, () => Page("detail-list"), cancel));
            Count(count, "version", await AskAsync(
                client, () => $"operations/{StoredOperations.Id(_random.Next(1, Operations + 1))}?version=3", cancel));
            count("search", await SearchAsync(client, cancel));
        }

        Tell("page", "filtered page of 100 ids at an instant");
        Tell("detail", "filtered page of 100 documents at an instant");
        Tell("version", "one operation at a version");
        _rounds.Tell("search", "searching the log for a kind that is not there", "events/s");
        _rounds.TellMemory(tracker.MemoryMegabytes());
        return _rounds.Figures;

        string Page(string format)
        {
            var instant = begin + (_random.NextDouble() * (end - begin));
            var asOf = instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
            return $"operations?format={format}&limit=100&{Filters[_random.Next(Filters.Length)]}&as_of={asOf}";
        }
    }

    private async Task<List<double>> AskAsync(HttpClient client, Func<string> target, CancellationToken cancel)
    {
        var latencies = new List<double>();
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin).TotalSeconds < context.Seconds;)
        {
            var sent = Stopwatch.GetTimestamp();
            await GetAsync(client, target(), cancel);
            latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
        }

        latencies.Sort();
        return latencies;
    }

    private static async Task<double> SearchAsync(HttpClient client, CancellationToken cancel)
    {
        var begin = Stopwatch.GetTimestamp();
        for (var after = 0L; ;)
        {
            using var page = JsonDocument.Parse(await GetAsync(client, $"events?kind=none&after={after}", cancel));
            after = page.RootElement.GetProperty("next_after").GetInt64();
            if (page.RootElement.GetProperty("at_end").GetBoolean())
                return Operations * EventsPerOperation / Stopwatch.GetElapsedTime(begin).TotalSeconds;
        }
    }

    private static async Task<byte[]> GetAsync(HttpClient client, string target, CancellationToken cancel)
    {
        using var response = await client.GetAsync(new Uri($"/v1/{target}", UriKind.Relative), cancel);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsByteArrayAsync(cancel);
    }

    private static async Task<(DateTimeOffset Begin, DateTimeOffset End)> PeriodAsync(
        string database, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select min(timestamp), max(timestamp) from tracker.mt_events");
        await using var rows = await command.ExecuteReaderAsync(cancel);
        await rows.ReadAsync(cancel);
        return (rows.GetFieldValue<DateTimeOffset>(0), rows.GetFieldValue<DateTimeOffset>(1));
    }

    private static void Count(Action<string, double> count, string series, List<double> sorted)
    {
        foreach (var percent in new[] { 50, 95, 99 })
            count($"{series}.p{percent}", sorted[Math.Max((int)Math.Ceiling(percent / 100.0 * sorted.Count) - 1, 0)]);
    }

    private void Tell(string series, string what)
    {
        foreach (var percent in new[] { 50, 95, 99 })
            _rounds.Tell($"{series}.p{percent}", $"{what}, 1 connection, p{percent}", "ms");
    }
}
