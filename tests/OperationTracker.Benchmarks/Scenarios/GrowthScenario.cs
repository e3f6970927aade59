using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// PUTs and GETs on a store that is empty, on one with 100 thousand operations, and on one with millions.
/// </summary>
internal sealed class GrowthScenario(ScenarioContext context)
{
    private const int Bytes = 1024;
    private const int Middle = 100_000;

    /// <summary>Paths that the GETs are chosen from, all over the store.</summary>
    private const int Paths = 20_000;

    private readonly Rounds _rounds = new("growth");

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        var stores = new List<Store>();
        try
        {
            foreach (var count in new[] { 0, Math.Min(Middle, context.Operations / 2), context.Operations })
                stores.Add(await PrepareAsync(count, cancel));
            for (var round = 1; round <= context.Rounds; round++)
            {
                ScenarioContext.Say($"growth, round {round}");
                foreach (var store in stores)
                    await MeasureAsync(store, round == 1, cancel);
            }

            Tell([.. stores.Select(store => store.Count)]);
            _rounds.TellMemory([.. stores.Select(store => store.Tracker.MemoryMegabytes())]);
        }
        finally
        {
            foreach (var store in stores)
                await store.Tracker.DisposeAsync();
            foreach (var store in stores)
                await context.Server.DropDatabaseAsync(store.Database, CancellationToken.None);
        }

        return _rounds.Figures;
    }

    /// <summary>A store that is said to be empty has one operation, so that there is something to GET.</summary>
    private async Task<Store> PrepareAsync(int count, CancellationToken cancel)
    {
        ScenarioContext.Say($"growth, storing {count} operations");
        var (database, tracker) = await context.StartTrackerAsync(cancel);
        var stored = Math.Max(count, 1);
        var before = await context.Server.DatabaseBytesAsync(database, cancel);
        await StoredOperations.SeedAsync(context.Server, database, stored, Bytes, cancel);
        var bytes = await context.Server.DatabaseBytesAsync(database, cancel) - before;
        if (count > 0)
            _rounds.Add($"{count}.disk", bytes / count);
        var file = Path.Combine(context.Server.Scratch, $"growth-{count}.paths");
        var random = new Random(1);
        var numbers = Enumerable.Range(0, Math.Min(Paths, stored)).Select(_ => random.NextInt64(stored) + 1);
        await File.WriteAllLinesAsync(
            file, numbers.Select(number => $"/v1/operations/{StoredOperations.Id(number)}"), cancel);
        return new Store(count, database, tracker, file);
    }

    private async Task MeasureAsync(Store store, bool isFirst, CancellationToken cancel)
    {
        var put = context.Load("put", store.Tracker);
        var get = context.Load("get", store.Tracker) with { Paths = store.Paths };
        if (isFirst)
        {
            await ScenarioContext.WarmUpAsync(put, cancel);
            await ScenarioContext.WarmUpAsync(get, cancel);
        }

        _rounds.Add($"{store.Count}.put", await put.RunAsync(cancel));
        _rounds.Add($"{store.Count}.get", await get.RunAsync(cancel));
        // The same rate for all stores: half of what the empty one can do.
        var rate = _rounds.Last("0.get.rate") / 2;
        _rounds.Add($"{store.Count}.half", await (get with { Rate = rate }).RunAsync(cancel));
    }

    private void Tell(int[] counts)
    {
        foreach (var count in counts[1..])
        {
            var stored = count.ToString("#,0", null);
            _rounds.Compare(
                $"{count}.put.rate/0", $"{count}.put.rate", $"PUT with {stored} stored", "PUT/s", "0.put.rate",
                "none stored");
            _rounds.Compare(
                $"{count}.put.p99/0", $"{count}.put.p99", $"PUT with {stored} stored, p99", "ms", "0.put.p99",
                "none stored");
            _rounds.Compare(
                $"{count}.get.rate/0", $"{count}.get.rate", $"GET with {stored} stored", "GET/s", "0.get.rate",
                "none stored");
            _rounds.Compare(
                $"{count}.get.p99/0", $"{count}.half.p99", $"GET in an open loop with {stored} stored, p99", "ms",
                "0.half.p99", "none stored");
            _rounds.Tell($"{count}.disk", $"disk of an operation (four PUTs), of {stored}", "bytes");
        }
    }

    private sealed record Store(int Count, string Database, HttpServerProcess Tracker, string Paths);
}
