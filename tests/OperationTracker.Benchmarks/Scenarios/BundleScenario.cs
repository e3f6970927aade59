using System.Net;
using Npgsql;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Reporting;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// The whole record exported, checked, and imported into an empty tracker, which then has to answer every version of
/// every operation byte for byte as the first one does. Once, however many rounds the run has.
/// </summary>
internal sealed class BundleScenario(ScenarioContext context)
{
    /// <summary>Of the operations of the run's largest store.</summary>
    private const int Share = 20;

    /// <summary>Operations whose versions are asked for at the same time.</summary>
    private const int Askers = 16;

    private readonly Rounds _rounds = new("bundle");
    private readonly int _operations = Math.Max(1, context.Operations / Share);

    public async Task<IReadOnlyList<Figure>> RunAsync(CancellationToken cancel)
    {
        ScenarioContext.Say($"bundle, storing {_operations} operations");
        var (database, tracker) = await context.StartTrackerAsync(cancel);
        await using var source = tracker;
        await StoreAsync(database, tracker, cancel);
        var (operations, events) = await CountAsync(database, cancel);
        ScenarioContext.Say("bundle, verifying the record");
        // Fails when anything is found.
        _rounds.Add("verify", events / (await OptrackCommand.RunAsync(database, ["audit", "verify"], cancel)).Seconds);
        var file = Path.Combine(context.Server.Scratch, "all.optrack.tar");

        ScenarioContext.Say($"bundle, exporting {operations} operations with {events} events");
        Add("export", events, await OptrackCommand.RunAsync(database, ["export", file], cancel));
        var other = await context.Server.CreateDatabaseAsync(cancel);
        ScenarioContext.Say("bundle, importing");
        Add("import", events, await OptrackCommand.RunAsync(other, ["import", file], cancel));
        _rounds.Add("size", new FileInfo(file).Length / 1e6);
        File.Delete(file);

        ScenarioContext.Say("bundle, comparing");
        await using var target = await HttpServerProcess.StartTrackerAsync(other, cancel);
        var unlike = await CompareAsync(database, tracker, target, cancel);
        _rounds.Add("unlike", unlike);
        _rounds.Add("events", events);
        Tell();
        return _rounds.Figures;
    }

    private async Task StoreAsync(string database, HttpServerProcess tracker, CancellationToken cancel)
    {
        var put = context.Load("put", tracker);
        await ScenarioContext.WarmUpAsync(put, cancel);
        while ((await CountAsync(database, cancel)).Operations < _operations)
            await put.RunAsync(cancel);
    }

    private static async Task<(long Operations, long Events)> CountAsync(string database, CancellationToken cancel)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(
            "select (select count(*) from tracker.operations), (select count(*) from tracker.mt_events)");
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        return (row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>The versions at which the two do not answer the same.</summary>
    private static async Task<long> CompareAsync(
        string database, HttpServerProcess one, HttpServerProcess other, CancellationToken cancel)
    {
        using var http = new HttpClient();
        var unlike = 0L;
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select id, version from tracker.mt_streams order by id");
        await using var rows = await command.ExecuteReaderAsync(cancel);
        await Parallel.ForEachAsync(
            StreamsAsync(rows, cancel),
            new ParallelOptions { MaxDegreeOfParallelism = Askers, CancellationToken = cancel },
            async (stream, stop) =>
            {
                for (var version = 1L; version <= stream.Version; version++)
                {
                    var target = $"/v1/operations/{stream.Id}?version={version}";
                    var (left, right) =
                        (await GetAsync(http, one, target, stop), await GetAsync(http, other, target, stop));
                    if (left.ETag != right.ETag || !left.Body.AsSpan().SequenceEqual(right.Body))
                        Interlocked.Increment(ref unlike);
                }
            });
        return unlike;
    }

    private static async IAsyncEnumerable<(string Id, long Version)> StreamsAsync(
        NpgsqlDataReader rows, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        while (await rows.ReadAsync(cancel))
            yield return (rows.GetString(0), rows.GetInt64(1));
    }

    private static async Task<(string? ETag, byte[] Body)> GetAsync(
        HttpClient http, HttpServerProcess tracker, string target, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(new Uri($"http://{tracker.Address}{target}"), cancel);
        return answer.StatusCode == HttpStatusCode.OK
            ? (answer.Headers.ETag?.ToString(), await answer.Content.ReadAsByteArrayAsync(cancel))
            : throw new InvalidOperationException($"GET {target} was answered {(int)answer.StatusCode}.");
    }

    private void Add(string series, long events, OptrackCommand command)
    {
        _rounds.Add($"{series}.rate", events / command.Seconds);
        _rounds.Add($"{series}.memory", command.Megabytes);
    }

    private void Tell()
    {
        _rounds.Tell("events", "events exported and imported", "events");
        _rounds.Tell("verify", "audit verify", "events/s");
        _rounds.Tell("size", "size of the bundle", "MB");
        foreach (var command in new[] { "export", "import" })
        {
            _rounds.Tell($"{command}.rate", command, "events/s");
            _rounds.Tell($"{command}.memory", $"memory of the {command}, at most", "MB");
        }

        _rounds.Tell("unlike", "versions that the importing tracker answers otherwise", "versions");
    }
}
