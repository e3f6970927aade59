using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.EventStore;
using OperationTracker.Tests.Operations;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Projections;

/// <summary>
/// Verification and repair of single views: every planted fault is found and healed, and nothing else is touched.
/// </summary>
public sealed class ViewVerificationTests : IAsyncLifetime
{
    /// <summary>Of each of the five kinds. OPTRACK_CASES=40000 makes 200 of each, in 100,000 operations.</summary>
    private static readonly int Faults = Math.Clamp(Law.Cases / 200, 1, 200);

    private const int OperationsPerFault = 500;

    private static readonly int Operations = Faults * OperationsPerFault;

    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

    [Fact]
    public async Task Every_planted_fault_is_found_and_healed_and_no_other_row_is_touched()
    {
        await StoreAsync(Operations);
        var right = await RowsAsync();
        var planted = await PlantAsync();
        var untouched = await VersionsOfRowsAsync();

        var found = await _tracker.FindDifferencesAsync();

        found.Select(difference => (difference.OperationId, difference.Kind)).Order().ShouldBe(planted.Order());
        var repair = new ViewRepair(
            _tracker.Database, new RebuildOptions(), TimeProvider.System, "projections heal", "somebody");
        var healed = new List<string>();
        var result = await repair.RunAsync([.. found.Select(one => one.OperationId)], healed.Add, _ => { }, default);
        (result.Written, result.Unrepaired.Count).ShouldBe((planted.Count, 0));
        healed.Order().ShouldBe(planted.Select(one => one.Id).Order());
        (await RowsAsync()).ShouldBe(right);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
        var after = await VersionsOfRowsAsync();
        var ids = planted.Select(one => one.Id).ToHashSet();
        after.Where(row => !ids.Contains(row.Key)).ShouldBe(untouched.Where(row => !ids.Contains(row.Key)));
        (await _tracker.TextAsync("""
            select string_agg(distinct command || ' by ' || by, ',')
                   || ' ' || sum(jsonb_array_length(detail -> 'operations'))
            from tracker.admin_log
            """)).ShouldBe($"projections heal by somebody {planted.Count}");
    }

    [Fact]
    public async Task Nothing_is_found_in_a_system_that_is_written_to_and_rebuilt()
    {
        await StoreAsync(400);
        using var stop = new CancellationTokenSource();
        var foreign = new ForeignWriter(_tracker.ConnectionString);
        var writers = Enumerable.Range(0, 4).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await _tracker.Store.PutAsync(
                    Document($"op-{((writer * 100) + (i % 100)).ToString("D6", null)}", note: $"{i}"));
                if (writer == 0)
                    await foreign.AppendAsync("op-000399", 1);
                if (i % 10 == 0)
                    await _tracker.Store.SweepAsync(default);
            }
        })).ToArray();
        var rebuilding = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await _tracker.RebuildAsync();
        });

        for (var i = 0; i < 25; i++)
            (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();

        await stop.CancelAsync();
        await Task.WhenAll([.. writers, rebuilding]);
    }

    [Fact]
    public async Task Views_that_only_wait_to_be_caught_up_are_no_faults()
    {
        await StoreAsync(5);
        await new ForeignWriter(_tracker.ConnectionString).AppendAsync("op-000001", 1);

        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();

        // What nothing notes is one.
        await _tracker.ExecuteAsync("delete from tracker.foreign_events");
        (await _tracker.FindDifferencesAsync()).Single().Kind.ShouldBe(DifferenceKind.Stale);
    }

    [Fact]
    public async Task A_stream_whose_events_are_missing_is_told_and_left_alone()
    {
        await StoreAsync(3);
        await _tracker.Store.PutAsync(Document("op-000001", note: "second"));
        await _tracker.ExecuteAsync("""
            delete from tracker.positions
            where seq_id in (select seq_id from tracker.mt_events where stream_id = 'op-000001' and version = 2);
            delete from tracker.mt_events where stream_id = 'op-000001' and version = 2
            """);
        var rows = await RowsAsync();

        (await _tracker.FindDifferencesAsync()).Select(one => (one.OperationId, one.Kind))
            .ShouldBe([("op-000001", DifferenceKind.DamagedStream)]);
        var result = await new ViewRepair(_tracker.Database, new RebuildOptions(), TimeProvider.System, "heal", "x")
            .RunAsync(["op-000001"], _ => { }, _ => { }, default);

        result.Unrepaired.ShouldBe(["op-000001"]);
        (await RowsAsync()).ShouldBe(rows);
    }

    [Fact]
    public async Task A_change_of_the_fold_is_told_by_the_places_that_differ()
    {
        await StoreAsync(200);
        // As if another fold had built the table.
        await _tracker.ExecuteAsync("""
            update tracker.operations
            set document = replace(document, '"sub_status":"', '"sub_status":"old '),
                content_hash = encode(sha256(convert_to(
                    replace(document, '"sub_status":"', '"sub_status":"old '), 'UTF8')), 'hex')
            where operation_id like 'op-0000_7'
            """);

        var found = await _tracker.FindDifferencesAsync(withMembers: true);

        found.Select(one => one.OperationId).Order().ShouldBe(Enumerable.Range(0, 10).Select(i => $"op-0000{i}7"));
        found.ShouldAllBe(one => one.Members.Single().Pointer == "/sub_status");
        found[0].Columns.ShouldBe(["content_hash", "document"]);
    }

    /// <summary>Operations of one or two changes, by SQL as little as may be: the store itself writes them.</summary>
    private Task StoreAsync(int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (i, _) =>
        {
            await _tracker.Store.PutAsync(Document($"op-{i:D6}", note: "first"));
            if (i % 2 == 1)
                await _tracker.Store.PutAsync(Document($"op-{i:D6}", note: $"then {i}"));
        });

    /// <summary>
    /// Faults of five kinds, as an enemy or a broken disk makes them, one of each in five hundred operations.
    /// </summary>
    private async Task<IReadOnlyList<(string Id, DifferenceKind Kind)>> PlantAsync()
    {
        var planted = new List<(string, DifferenceKind)>();
        for (var i = 0; i < Faults; i++)
        {
            await EachAsync(
                (i * OperationsPerFault) + 1, DifferenceKind.Different,
                "update tracker.operations set status = 'failed' where operation_id = '{0}'");
            await EachAsync(
                (i * OperationsPerFault) + 20, DifferenceKind.Missing,
                "delete from tracker.operations where operation_id = '{0}'");
            await EachAsync(
                (i * OperationsPerFault) + 41, DifferenceKind.Stale,
                "update tracker.operations set stream_version = stream_version - 1 where operation_id = '{0}'");
            // An event that the view never saw, its version notwithstanding.
            await EachAsync((i * OperationsPerFault) + 61, DifferenceKind.Different, """
                update tracker.operations set document = replace(document, 'then', 'else'), document_version = 1
                where operation_id = '{0}'
                """);
            await _tracker.ExecuteAsync($"""
                insert into tracker.operations
                select (jsonb_populate_record(o, '{"{"}"operation_id": "extra-{i}"{"}"}')).*
                from tracker.operations o where operation_id = 'op-000000'
                """);
            planted.Add(($"extra-{i}", DifferenceKind.Extra));
        }

        return planted;

        async Task EachAsync(int number, DifferenceKind kind, string statement)
        {
            await _tracker.ExecuteAsync(string.Format(null, statement, $"op-{number:D6}"));
            planted.Add(($"op-{number:D6}", kind));
        }
    }

    private Task<string> RowsAsync() =>
        _tracker.TextAsync("select string_agg(o::text, E'\n' order by operation_id) from tracker.operations o");

    /// <summary>Where each row lies: another place, another version of the row.</summary>
    private async Task<Dictionary<string, string>> VersionsOfRowsAsync() => (await _tracker.TextAsync(
            "select string_agg(operation_id || ' ' || ctid || xmin, E'\n' order by operation_id)"
            + " from tracker.operations"))
        .Split('\n').Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => parts[1]);
}
