using Npgsql;
using OperationTracker.Benchmarks.Baselines;
using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// GETs of stored operations: present, absent, and present with the client having it already, or an older one; against
/// the same document from memory, asked for with and without its ETag, and a query for each request, by the same web
/// server. And of operations that came by PUTs, as they do in life: what the server knows of its tables, and so its
/// plans, are others then.
/// </summary>
internal sealed class GetScenario(ScenarioContext context)
{
    private const int Operations = 20_000;
    private const int Bytes = 1024;

    /// <summary>Of PUTs: some 100,000 events.</summary>
    private const double WritingSeconds = 12;

    private readonly Rounds _rounds = new("get");

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var (database, tracker) = await context.StartTrackerAsync(cancel);
        await using var running = tracker;
        await StoredOperations.SeedAsync(context.Server, database, Operations, Bytes, cancel);
        var document = Path.Combine(context.Server.Scratch, "document.json");
        await File.WriteAllTextAsync(document, StoredTexts.Of(Bytes).Documents[3], cancel);
        await using var baseline = await HttpServerProcess.StartBaselineAsync(database, document, cancel);
        var ids = Enumerable.Range(1, Operations).Select(number => StoredOperations.Id(number)).ToArray();
        var tags = await TagsAsync(database, cancel);
        var (writtenDatabase, writtenTracker) = await context.StartTrackerAsync(cancel);
        await using var runningWritten = writtenTracker;
        await (context.Load("put", writtenTracker) with { WarmUp = 0, Seconds = WritingSeconds }).RunAsync(cancel);
        var written = (await TagsAsync(writtenDatabase, cancel)).Keys.Take(Operations);
        (string Series, LoadProcess Load)[] loads =
        [
            ("static", Load(baseline, "static", ids.Select(id => $"/static/{id}"))),
            ("present", Load(tracker, "present", ids.Select(id => $"/v1/operations/{id}"))),
            ("unchanged", Load(tracker, "unchanged", ids.Select(id => $"/v1/operations/{id}\t{tags[id]}"))
                with { Expected = [304] }),
            ("outdated", Load(tracker, "outdated", ids.Select(id => $"/v1/operations/{id}\t\"0-{tags[id][3..]}"))),
            ("bare", Load(baseline, "bare", ids.Select(id => $"/static/{id}\t{BaselineServer.ETag}"))
                with { Expected = [304] }),
            ("query", Load(baseline, "query", ids.Select(id => $"/query/{id}"))),
            ("absent", Load(tracker, "absent", ids.Select(id => $"/v1/operations/x{id}")) with { Expected = [404] }),
            ("written", Load(writtenTracker, "written", written.Select(id => $"/v1/operations/{id}"))),
        ];
        foreach (var (_, load) in loads)
            await ScenarioContext.WarmUpAsync(load, cancel);
        for (var round = 1; round <= context.Rounds; round++)
        {
            ScenarioContext.Say($"get, round {round}");
            foreach (var (series, load) in loads)
                _rounds.Add(series, await load.RunAsync(cancel));
            _rounds.Add(
                "half", await (loads[1].Load with { Rate = _rounds.Last("present.rate") / 2 }).RunAsync(cancel));
        }

        Tell();
        _rounds.TellMemory(tracker.MemoryMegabytes());
        return _rounds.Figures;
    }

    private LoadProcess Load(HttpServerProcess server, string name, IEnumerable<string> paths)
    {
        var file = Path.Combine(context.Server.Scratch, $"{name}.paths");
        File.WriteAllLines(file, paths);
        return context.Load("get", server) with { Paths = file };
    }

    private static async Task<Dictionary<string, string>> TagsAsync(string database, CancellationToken cancel)
    {
        var tags = new Dictionary<string, string>();
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(
            "select operation_id, document_version, left(content_hash, 32) from tracker.operations");
        await using var rows = await command.ExecuteReaderAsync(cancel);
        while (await rows.ReadAsync(cancel))
            tags[rows.GetString(0)] = $"\"{rows.GetInt64(1)}-{rows.GetString(2)}\"";
        return tags;
    }

    private void Tell()
    {
        _rounds.Compare(
            "present.rate/static", "present.rate", "GET of present operations", "GET/s", "static.rate", "static route");
        _rounds.Compare(
            "present.rate/query", "present.rate", "GET of present operations", "GET/s", "query.rate",
            "query per request");
        _rounds.Compare(
            "unchanged.rate/present", "unchanged.rate", "GET answered 304", "GET/s", "present.rate",
            "GET answered 200");
        _rounds.Compare(
            "unchanged.rate/outdated", "unchanged.rate", "GET answered 304", "GET/s", "outdated.rate",
            "answered 200 to who has an older one");
        _rounds.Compare(
            "bare.rate/static", "bare.rate", "static route answered 304", "GET/s", "static.rate",
            "static route answered 200");
        _rounds.Compare(
            "absent.rate/present", "absent.rate", "GET answered 404", "GET/s", "present.rate", "GET answered 200");
        _rounds.Compare(
            "written.rate/present", "written.rate", "GET of operations that were PUT", "GET/s", "present.rate",
            "of those seeded and analysed");
        _rounds.Compare(
            "present.p99/static", "present.p99", "GET of present operations, p99", "ms", "static.p99", "static route");
        _rounds.Compare(
            "present.p99/query", "present.p99", "GET of present operations, p99", "ms", "query.p99",
            "query per request");
        _rounds.Tell("present.p50", "GET of present operations, p50", "ms");
        _rounds.Tell("half.p99", "GET in an open loop at half of the rate, p99", "ms");
        foreach (var (series, what) in new[]
        {
            ("present", "GET of present operations"), ("unchanged", "GET answered 304"),
            ("outdated", "GET answered 200 to who has an older one"), ("absent", "GET answered 404"),
            ("static", "static route"), ("query", "query per request"),
        })
            _rounds.TellCpu(series, what, "GET");
    }
}
