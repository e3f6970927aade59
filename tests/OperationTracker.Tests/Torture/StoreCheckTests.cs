using Npgsql;
using OperationTracker.Tests.EventStore;
using OperationTracker.Torture.Checking;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Torture;

/// <summary>Each rule over the tables is seen failing on a fault planted for it.</summary>
public sealed class StoreCheckTests
{
    [Theory]
    [InlineData("stream-gaps", "update tracker.mt_events set version = 9 where stream_id = 'a' and version = 2")]
    [InlineData("stream-version", "update tracker.mt_streams set version = 1 where id = 'a'")]
    [InlineData("unique-version", """
        drop index tracker.pk_mt_events_stream_and_version;
        update tracker.mt_events set version = 1 where stream_id = 'a'
        """)]
    [InlineData("unique-id", "update tracker.mt_events set id = (select id from tracker.mt_events limit 1)")]
    [InlineData("view-version", "update tracker.operations set stream_version = 7")]
    [InlineData("time-order", "update tracker.mt_events set timestamp = 'epoch' where version = 2")]
    [InlineData("orphans", """
        alter table tracker.mt_events drop constraint fkey_mt_events_stream_id;
        delete from tracker.mt_streams where id = 'b'
        """)]
    [InlineData("positions-dense", "delete from tracker.positions where position = 1")]
    [InlineData("positions-complete", "delete from tracker.positions where position = 3")]
    [InlineData("position-order", """
        update tracker.positions set seq_id = -seq_id;
        update tracker.positions p set seq_id = (select 1 + max(-x.seq_id) from tracker.positions x) + p.seq_id
        """)]
    [InlineData("view-fold", "update tracker.operations set document = replace(document, 'second', 'forged')")]
    public async Task A_planted_fault_is_found(string rule, string fault)
    {
        await using var tracker = await TrackerFixture.CreateAsync();
        await tracker.Store.PutAsync(Document("a"));
        await tracker.Store.PutAsync(Document("b"));
        await tracker.Store.PutAsync(Document("a", note: "second"));
        (await FindAsync(tracker)).ShouldBeEmpty();
        await tracker.ExecuteAsync(fault);
        (await FindAsync(tracker)).ShouldContain(rule);
    }

    private static async Task<IEnumerable<string>> FindAsync(TrackerFixture tracker)
    {
        var violations = new Violations(() => 0);
        await using var session = new NpgsqlConnection(tracker.ConnectionString);
        await session.OpenAsync();
        await StoreCheck.RunAsync(session, violations, default);
        var streams = await StoredHistory.ReadAsync(session, "", text => violations.Add("fold", text), default);
        await StoreCheck.CompareViewsAsync(session, "", streams, violations, default);
        return violations.All.Select(violation => violation.Checker);
    }
}
