using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.EventStore;

namespace OperationTracker.Tests.Projections;

/// <summary>What a rebuild has filled is not read once more by the server's own vacuum when it is in place.</summary>
public sealed class CopyVacuumTests : IAsyncLifetime
{
    // Beside those that hold rows there may be pages that were added in advance.
    private const string Noted = """
        select string_agg(c.relname || ' ' || case when c.relallvisible = p.used then 'all'
                   else c.relallvisible || ' of ' || p.used end, ', ' order by c.relname)
        from pg_class c
        join (select 'tracker.operations'::regclass as id, count(distinct (ctid::text::point)[0]) as used
              from tracker.operations
              union all
              select 'tracker.past_operations'::regclass, count(distinct (ctid::text::point)[0])
              from tracker.past_operations) p on p.id = c.oid
        where p.used > 0
        """;

    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

    [Fact]
    public async Task All_that_a_paced_rebuild_has_filled_is_noted_when_it_is_in_place()
    {
        await _tracker.PutSomeAsync(300);

        await _tracker.RebuildAsync(new RebuildOptions { Pace = 100_000 });

        (await _tracker.TextAsync(Noted)).ShouldBe("operations all, past_operations all");
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task It_is_noted_each_thousand_streams_and_takes_a_small_part_of_the_time()
    {
        await _tracker.PutSomeAsync(1);
        await using var connection = await _tracker.Database.OpenMaintenanceAsync(default);
        await new CopyTables(_tracker.Database).CreateAsync(connection, default);
        var vacuum = new CopyVacuum(_tracker.Database, new SlowClock());

        (await NotesAfterAsync(999)).ShouldBeFalse();
        (await NotesAfterAsync(1)).ShouldBeTrue();
        // It took a second by that clock, on which each look takes one.
        for (var look = 0; look < 19; look++)
            (await NotesAfterAsync(1_000)).ShouldBeFalse();
        (await NotesAfterAsync(1_000)).ShouldBeTrue();

        // A table that was emptied has no map of what everybody sees until a vacuum makes one.
        async Task<bool> NotesAfterAsync(int streams)
        {
            await _tracker.ExecuteAsync("""
                truncate tracker.operations_rebuild;
                insert into tracker.operations_rebuild select * from tracker.operations
                """);
            await vacuum.AfterAsync(connection, streams, default);
            return (long)(await _tracker.ExecuteAsync(
                "select pg_relation_size('tracker.operations_rebuild', 'vm')"))! > 0;
        }
    }

    private sealed class SlowClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds++;
    }
}
