using Npgsql;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using OperationTracker.Tests.Projections;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>
/// Statements look up what they need and nothing else, whatever the statistics said when they were planned.
/// </summary>
public sealed class PlansTests
{
    [Theory]
    [InlineData(true, 20)]
    [InlineData(false, 20)]
    [InlineData(true, 1)]
    [InlineData(false, 1)]
    public async Task Statistics_of_a_nearly_empty_store_or_none_do_not_make_a_growing_one_scan(
        bool statistics, int together)
    {
        await using var tracker = await TrackerFixture.CreateAsync();
        await PutAndGetAsync(tracker, "early", 3, together);
        if (statistics)
            await tracker.ExecuteAsync("analyze");
        await PutAndGetAsync(tracker, "late", 2000, together);
        await PutAndGetAsync(tracker, "late", 2000, together);
        await tracker.Store.ReadLogAsync(1000, 10, default);
        await tracker.Store.ReadStreamAsync(Id("late-7"), 0, 10, default);

        // Statistics are sent when a session is idle for a second.
        await Eventually.BeTrueAsync(
            () => (long)tracker.ExecuteAsync(
                "select coalesce(sum(idx_scan), 0)::bigint from pg_stat_user_indexes")
                .GetAwaiter().GetResult()! > 10_000,
            TimeSpan.FromSeconds(20), "the look-ups are counted");
        (await tracker.ExecuteAsync("""
            select string_agg(format('%s: %s look-ups read %s entries', indexrelname, idx_scan, idx_tup_read), ', ')
            from pg_stat_user_indexes where idx_tup_read > 3 * idx_scan + 100
            """)).ShouldBe(DBNull.Value);
        (await tracker.ExecuteAsync("""
            select string_agg(format('%s: %s scans read %s rows', relname, seq_scan, seq_tup_read), ', ')
            from pg_stat_user_tables where seq_tup_read > 100
            """)).ShouldBe(DBNull.Value);
    }

    /// <summary>
    /// A plan made before there were statistics, or for a position that is not known yet, expects a third of the log.
    /// To share that out among processes takes milliseconds each time, for a handful of rows.
    /// </summary>
    [Fact]
    public async Task No_helpers_are_started_to_read_on_in_the_log_however_cheap_the_server_thinks_them()
    {
        await using var tracker = await TrackerFixture.CreateAsync();
        await PutAndGetAsync(tracker, "some", 20, 20);
        // As the operator may have them; other sessions than the tracker's start helpers then.
        var cheap = new NpgsqlConnectionStringBuilder(tracker.ConnectionString)
        {
            Options = "-c parallel_setup_cost=0 -c parallel_tuple_cost=0 -c min_parallel_table_scan_size=0"
                + " -c min_parallel_index_scan_size=0 -c max_parallel_workers_per_gather=4",
        }.ConnectionString;
        await using var node = new TrackerDatabase(cheap, SchemaName.Default);
        await using var other = NpgsqlDataSource.Create(cheap);
        (await PlanAsync(other, node.Sql["log_since"])).ShouldContain("Gather");
        (await PlanAsync(node.DataSource, node.Sql["log_since"])).ShouldNotContain("Gather");
    }

    /// <summary>
    /// A list beside the index would be taken into it by one append in many, for which all others wait: up to a quarter
    /// of a second.
    /// </summary>
    [Fact]
    public async Task The_index_of_clusters_has_no_list_of_what_is_to_be_taken_in()
    {
        await using var tracker = await TrackerFixture.CreateAsync();
        await PutClustersAsync("a");
        (await PagesAsync()).ShouldBe(0);

        await tracker.RebuildAsync();
        await PutClustersAsync("b");
        (await PagesAsync()).ShouldBe(0);

        Task PutClustersAsync(string name) => Task.WhenAll(Enumerable.Range(0, 20).Select(i => tracker.Store.PutAsync(
            Document($"{name}-{i}") with { TargetClusters = new ValueList<TargetCluster>([Cluster($"{i}")]) })));

        async Task<long> PagesAsync() => (long)(await tracker.ExecuteAsync(
            "select gin_clean_pending_list('tracker.ix_operations_clusters')"))!;
    }

    private static async Task<string> PlanAsync(NpgsqlDataSource source, string statement)
    {
        await using var command = source.CreateCommand("explain (costs off) " + statement);
        command.Parameters.Add(new NpgsqlParameter { Value = 0L });
        command.Parameters.Add(new NpgsqlParameter { Value = 200 });
        await using var rows = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await rows.ReadAsync())
            lines.Add(rows.GetString(0));
        return string.Join('\n', lines);
    }

    /// <summary>
    /// In small flights: what a large one scans is hidden among its many look-ups; and in flights of one, which have a
    /// statement of their own.
    /// </summary>
    private static async Task PutAndGetAsync(TrackerFixture tracker, string name, int count, int together)
    {
        foreach (var few in Enumerable.Range(0, count).Chunk(together))
        {
            await Task.WhenAll(few.Select(async i =>
            {
                await tracker.Store.PutAsync(Document($"{name}-{i}", note: Guid.NewGuid().ToString()));
                await tracker.Store.FindAsync(Id($"{name}-{i}"), null, default);
            }));
        }
    }
}
