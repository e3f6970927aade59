using System.Diagnostics;
using Npgsql;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Projections;

/// <summary>The end of a rebuild: where somebody holds one of the tables, and where much has come meanwhile.</summary>
public sealed class RebuildSwapTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

    // As the server's own vacuum holds it, which comes when much was written, and makes way after a second.
    [Fact]
    public async Task A_vacuum_of_what_was_made_beside_is_waited_for_before_the_append_lock_is_taken()
    {
        await _tracker.Store.PutAsync(Document("op-1"));
        await using var before = await HoldAsync("tracker.operations");
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var rebuild = _tracker.RebuildAsync(onProgress: progress =>
        {
            if (progress.Phase == "swap")
                waits.TrySetResult();
        });
        await waits.Task.WaitAsync(Limit);
        await using var vacuum = await HoldAsync("tracker.operations_rebuild");
        await before.DisposeAsync();

        (await HoldersOfTheAppendLockAmongWaitersAsync("tracker.operations_rebuild")).ShouldBe(0);

        rebuild.IsCompleted.ShouldBeFalse();
        await vacuum.DisposeAsync();
        (await rebuild.WaitAsync(Limit)).Phase.ShouldBe("done");
    }

    [Fact]
    public async Task Operations_that_come_while_it_reads_are_caught_up_with_and_not_walked_over()
    {
        const int Before = 1_000;
        for (var i = 0; i < Before; i++)
            await _tracker.Store.PutAsync(Document($"a-{i}"));
        using var stop = new CancellationTokenSource();
        var come = 0;
        var writing = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; come++)
                await _tracker.Store.PutAsync(Document($"z-{come:D6}"));
        });

        var rebuild = await _tracker.RebuildAsync(new RebuildOptions { Pace = Before });

        await stop.CancelAsync();
        await writing;
        come.ShouldBeGreaterThan(Before / 2);
        (rebuild.Streams - rebuild.StreamsTotal).ShouldBeLessThan(come / 4, "but for what came while it began");
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    private async Task<NpgsqlConnection> HoldAsync(string table)
    {
        var holder = new NpgsqlConnection(_tracker.ConnectionString);
        await holder.OpenAsync();
        await using var command = new NpgsqlCommand(
            $"begin; lock table {table} in share update exclusive mode", holder);
        await command.ExecuteNonQueryAsync();
        return holder;
    }

    /// <summary>
    /// Waits until somebody waits for the table, and says how many of them hold an advisory lock meanwhile.
    /// </summary>
    private async Task<long> HoldersOfTheAppendLockAmongWaitersAsync(string table)
    {
        await using var connection = new NpgsqlConnection(_tracker.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            """
            select count(*), count(*) filter (where exists (
                select from pg_locks h where h.pid = w.pid and h.locktype = 'advisory' and h.granted))
            from pg_locks w where w.relation = $1::regclass and not w.granted
            """,
            connection) { Parameters = { new() { Value = table } } };
        var waited = Stopwatch.StartNew();
        while (true)
        {
            await using (var row = await command.ExecuteReaderAsync())
            {
                await row.ReadAsync();
                if (row.GetInt64(0) > 0)
                    return row.GetInt64(1);
            }

            waited.Elapsed.ShouldBeLessThan(Limit, $"nobody waits for {table}");
            await Task.Delay(10);
        }
    }
}
