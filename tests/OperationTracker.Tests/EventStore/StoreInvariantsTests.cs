using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>Each rule of the checker is seen failing on a fault planted for it.</summary>
public sealed class StoreInvariantsTests
{
    [Theory]
    [InlineData(
        "versions of a stream", "update tracker.mt_events set version = 9 where stream_id = 'a' and version = 2")]
    [InlineData("a stream's version", "update tracker.mt_streams set version = 1 where id = 'a'")]
    [InlineData("event ids", "update tracker.mt_events set id = (select id from tracker.mt_events limit 1)")]
    [InlineData("positions are 1 to n", "delete from tracker.positions where position = 1")]
    [InlineData("positions follow versions", """
        update tracker.positions set seq_id = -seq_id;
        update tracker.positions p set seq_id = (select 1 + max(-x.seq_id) from tracker.positions x) + p.seq_id
        """)]
    [InlineData("timestamps never go back", "update tracker.mt_events set timestamp = 'epoch' where version = 2")]
    [InlineData("a view stands", "update tracker.operations set stream_version = 7")]
    [InlineData("the indexed copies", "update tracker.operations set status = 'failed'")]
    [InlineData("is not the fold", """
        update tracker.operations set document = replace(document, 'second', 'forged'),
            content_hash = encode(sha256(convert_to(replace(document, 'second', 'forged'), 'UTF8')), 'hex')
        """)]
    public async Task A_planted_fault_is_found(string rule, string fault)
    {
        await using var tracker = await TrackerFixture.CreateAsync();
        await tracker.Store.PutAsync(Document("a"));
        await tracker.Store.PutAsync(Document("b"));
        await tracker.Store.PutAsync(Document("a", note: "second"));
        (await StoreInvariants.FindAsync(tracker.Database)).ShouldBeEmpty();
        await tracker.ExecuteAsync(fault);
        (await StoreInvariants.FindAsync(tracker.Database)).ShouldContain(broken => broken.Contains(rule));
    }
}
