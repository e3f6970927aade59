using System.Diagnostics;
using Npgsql;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// The whole list of many operations, read and thrown away, against COPY of the same rows; and a filtered page.
/// </summary>
internal sealed class ListScenario(ScenarioContext context)
{
    private const int Operations = 100_000;
    private const int Bytes = 1024;
    private readonly Rounds _rounds = new("list");
    private readonly byte[] _buffer = new byte[256 * 1024];

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var (database, tracker) = await context.StartTrackerAsync(cancel);
        await using var running = tracker;
        await StoredOperations.SeedAsync(context.Server, database, Operations, Bytes, cancel);
        using var client = new HttpClient { BaseAddress = new Uri($"http://{tracker.Address}") };
        await using var source = NpgsqlDataSource.Create(database);
        await using var session = await source.OpenConnectionAsync(cancel);
        // The first turn is the warm-up.
        for (var round = 0; round <= context.Rounds; round++)
        {
            ScenarioContext.Say($"list, round {round}");
            var count = round == 0 ? (Action<string, double>)((_, _) => { }) : _rounds.Add;
            count("ids.copy", await RateAsync(() => CopyAsync(session, "operation_id", cancel)));
            count("ids", await RateAsync(() => GetAllAsync(client, "list", cancel)));
            count("detail.copy", await RateAsync(() => CopyAsync(session, "document", cancel)));
            count("detail", await RateAsync(() => GetAllAsync(client, "detail-list", cancel)));
            var pages = await PagesAsync(client, cancel);
            count("page.p50", pages.P50);
            count("page.p99", pages.P99);
        }

        _rounds.Compare("ids.rate/copy", "ids", "list", "operations/s", "ids.copy", "COPY of the ids");
        _rounds.Compare(
            "detail.rate/copy", "detail", "detail-list", "operations/s", "detail.copy", "COPY of the documents");
        _rounds.Tell("page.p50", "page of 100 of the executing ones, 1 connection, p50", "ms");
        _rounds.Tell("page.p99", "page of 100 of the executing ones, 1 connection, p99", "ms");
        _rounds.TellMemory(tracker.MemoryMegabytes());
        return _rounds.Figures;
    }

    /// <summary>One page after the other. (The load generator does not read answers that come in chunks.)</summary>
    private async Task<LatencySummary> PagesAsync(HttpClient client, CancellationToken cancel)
    {
        var latencies = new List<long>();
        for (var begin = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(begin).TotalSeconds < context.Seconds;)
        {
            var sent = Stopwatch.GetTimestamp();
            await GetAsync(client, "detail-list&status=executing&limit=100", cancel);
            latencies.Add(Stopwatch.GetElapsedTime(sent).Ticks);
        }

        return LatencySummary.Of(latencies);
    }

    private static async Task<double> RateAsync(Func<Task> read)
    {
        var begin = Stopwatch.GetTimestamp();
        await read();
        return Operations / Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    /// <summary>Npgsql gives the raw stream in COPY's binary form only; for texts it is as long as the other.</summary>
    private async Task CopyAsync(NpgsqlConnection session, string column, CancellationToken cancel)
    {
        await using var stream = await session.BeginRawBinaryCopyAsync(
            $"copy (select {column} from tracker.operations) to stdout (format binary)", cancel);
        await DrainAsync(stream, cancel);
    }

    private async Task GetAllAsync(HttpClient client, string format, CancellationToken cancel)
    {
        if (await GetAsync(client, format, cancel) < Operations * SampleDocuments.IdLength)
            throw new InvalidOperationException("The list is too short.");
    }

    private async Task<long> GetAsync(HttpClient client, string query, CancellationToken cancel)
    {
        using var response = await client.GetAsync(
            new Uri($"/v1/operations?format={query}", UriKind.Relative),
            HttpCompletionOption.ResponseHeadersRead, cancel);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        return await DrainAsync(stream, cancel);
    }

    private async Task<long> DrainAsync(Stream stream, CancellationToken cancel)
    {
        var all = 0L;
        for (int count; (count = await stream.ReadAsync(_buffer, cancel)) > 0;)
            all += count;
        return all;
    }
}
