using System.Collections.Concurrent;
using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>Many writers at once, for seconds: nothing is lost, doubled or skipped.</summary>
public sealed class ConcurrentWritersTests : IAsyncLifetime
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(10);

    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

    [Fact]
    public async Task Sixty_four_writers_on_twenty_operations_lose_no_update()
    {
        await using var database = new TrackerDatabase(_tracker.ConnectionString, SchemaName.Default);
        await using var otherNode = TrackerFixture.NewStore(database);
        using var time = new CancellationTokenSource(Duration);
        var acknowledged = new ConcurrentBag<(string Id, string Token, long Version)>();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(async () =>
        {
            var store = writer % 2 == 0 ? _tracker.Store : otherNode;
            for (var i = 0; !time.IsCancellationRequested; i++)
            {
                var (id, token) = ($"op-{(writer + i) % 20}", $"{writer}-{i}");
                var outcome = await store.PutAsync(Document(id, note: token));
                outcome.FirstVersion.ShouldBe(outcome.LastVersion);
                acknowledged.Add((id, token, outcome.LastVersion));
            }
        })));

        await StoreInvariants.CheckAsync(_tracker.Database);
        acknowledged.Count.ShouldBeGreaterThan(1000);
        var stored = (await ReadWholeLogAsync()).ToDictionary(item => (item.StreamId, item.Version));
        stored.Count.ShouldBe(acknowledged.Count);
        foreach (var (id, token, version) in acknowledged)
            TokenOf(stored[(id, version)]).ShouldBe(token);
    }

    [Fact]
    public async Task A_reader_by_position_sees_each_event_once_beside_foreign_writers_and_an_idle_transaction()
    {
        await using var idle = await BeginIdleTransactionAsync();
        _tracker.Store.StartBackgroundWork();
        using var time = new CancellationTokenSource(Duration);
        using var done = new CancellationTokenSource();
        var reader = Task.Run(() => FollowAsync(done.Token));
        var own = Enumerable.Range(0, 8).Select(writer => Task.Run(() => PutUntilAsync(writer, time.Token)));
        var foreign = Task.Run(() => AppendForeignUntilAsync(time.Token));
        await Task.WhenAll([.. own, foreign]);
        await Eventually.BeTrueAsync(
            () => (long)_tracker.ExecuteAsync("""
                select (select count(*) from tracker.foreign_events) + (select count(*) from tracker.stale_views)
                """).GetAwaiter().GetResult()! == 0,
            TimeSpan.FromSeconds(10), "the sweep has positioned all foreign events");
        await done.CancelAsync();
        var seen = await reader;

        await StoreInvariants.CheckAsync(_tracker.Database);
        var total = (long)(await _tracker.ExecuteAsync("select count(*) from tracker.mt_events"))!;
        seen.Count.ShouldBe((int)total);
        seen.Select(item => item.Id).Distinct().Count().ShouldBe(seen.Count);
        seen.Select(item => item.Position).ShouldBe(Enumerable.Range(1, seen.Count).Select(i => (long)i));
        seen.Count(item => item.Type == "note_added").ShouldBeGreaterThan(100);
        foreach (var stream in seen.GroupBy(item => item.StreamId))
            stream.Select(item => item.Version).ShouldBe(Enumerable.Range(1, stream.Count()).Select(i => (long)i));
    }

    /// <summary>A session that has written, and neither commits nor goes away.</summary>
    private async Task<NpgsqlConnection> BeginIdleTransactionAsync()
    {
        var idle = new NpgsqlConnection(_tracker.ConnectionString);
        await idle.OpenAsync();
        await new NpgsqlCommand("""
            begin;
            select nextval('tracker.mt_events_sequence');
            insert into tracker.mt_streams (id, version) values ('idle', 1);
            """, idle).ExecuteNonQueryAsync();
        return idle;
    }

    private async Task PutUntilAsync(int writer, CancellationToken end)
    {
        for (var i = 0; !end.IsCancellationRequested; i++)
            await _tracker.Store.PutAsync(Document($"op-{i % 50}", note: $"{writer}-{i}"));
    }

    /// <summary>
    /// Appends to our streams and to its own; every fifth transaction is slow, every seventh rolls back.
    /// </summary>
    private async Task AppendForeignUntilAsync(CancellationToken end)
    {
        var foreign = new ForeignWriter(_tracker.ConnectionString);
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            var number = i;
            await foreign.AppendAsync(
                i % 2 == 0 ? $"op-{i % 50}" : $"foreign-{i % 9}", 1 + (i % 3), beforeEnd: async () =>
            {
                if (number % 5 == 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
                return number % 7 != 0;
            });
        }
    }

    private async Task<List<StoredEvent>> FollowAsync(CancellationToken end)
    {
        var seen = new List<StoredEvent>();
        while (true)
        {
            var ended = end.IsCancellationRequested;
            var page = await _tracker.Store.ReadLogAsync(seen.Count == 0 ? 0 : seen[^1].Position, 500, default);
            seen.AddRange(page);
            if (page.Count == 0 && ended)
                return seen;
        }
    }

    private async Task<List<StoredEvent>> ReadWholeLogAsync()
    {
        using var ended = new CancellationTokenSource();
        await ended.CancelAsync();
        return await FollowAsync(ended.Token);
    }

    private static string? TokenOf(StoredEvent stored) => stored.Event switch
    {
        OperationRegistered registered => registered.Document.SubStatus.Value,
        SubStatusChanged changed => changed.SubStatus.Value,
        _ => null,
    };
}
