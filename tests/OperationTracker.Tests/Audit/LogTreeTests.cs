using OperationTracker.Postgres.Audit;
using OperationTracker.Tests.EventStore;

namespace OperationTracker.Tests.Audit;

/// <summary>The stored tree over a log that grows while it is built.</summary>
public sealed class LogTreeTests
{
    private const int Block = 256;

    /// <summary>As many leaves are one stored node of the second level.</summary>
    private const int Parent = Block * Block;

    [Fact]
    public async Task A_log_that_passes_the_end_of_a_node_while_it_is_built_is_no_fault()
    {
        await using var tracker = await TrackerFixture.CreateAsync();
        await AddAsync(tracker, 1, Parent - Block);
        var tree = new LogTree(tracker.Database);
        var grown = false;

        // 255 blocks are there and are built; then the log grows by one more, and by the one that ends the parent.
        (await tree.BuildBesideAsync(GrowAsync, default)).ShouldBe(Block - 1);

        grown.ShouldBeTrue();
        (await tree.BuildAsync(default)).ShouldBe(2, "The last block, and the parent of all of them");

        async Task GrowAsync(CancellationToken cancel)
        {
            if (!grown)
                await AddAsync(tracker, Parent - Block + 1, Parent);
            grown = true;
        }
    }

    private static async Task AddAsync(TrackerFixture tracker, int from, int to) => await tracker.ExecuteAsync($"""
        insert into tracker.positions (position, seq_id, form, link)
        select n, n, 0, sha256(n::text::bytea) from generate_series({from}, {to}) n
        """);
}
