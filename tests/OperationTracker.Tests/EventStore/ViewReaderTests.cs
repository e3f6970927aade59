using OperationTracker.Core.EventStore;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.Projections;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>Views that a node has read before, read again after something has happened to them.</summary>
public sealed class ViewReaderTests : IAsyncLifetime
{
    private TrackerFixture _tracker = null!;
    private PostgresEventStore _otherNode = null!;

    public async Task InitializeAsync()
    {
        _tracker = await TrackerFixture.CreateAsync();
        _otherNode = TrackerFixture.NewStore(_tracker.Database);
        foreach (var id in new[] { "op-1", "op-2" })
        {
            await _tracker.Store.PutAsync(Document(id, note: "first"));
            (await ReadAsync(id)).ShouldContain("first");
        }
    }

    public async Task DisposeAsync()
    {
        await _otherNode.DisposeAsync();
        await _tracker.DisposeAsync();
    }

    [Fact]
    public async Task What_nobody_has_touched_is_not_fetched_again()
    {
        await TamperAsync("op-1");

        (await ReadAsync("op-1")).ShouldContain("first");
    }

    [Fact]
    public async Task A_put_of_another_node_is_seen_by_the_next_read()
    {
        for (var i = 0; i < 50; i++)
        {
            await _otherNode.PutAsync(Document("op-1", note: $"change {i}"));
            (await ReadAsync("op-1")).ShouldContain($"change {i}\"");
            (await ReadAsync("op-2")).ShouldContain("first");
        }
    }

    [Fact]
    public async Task A_put_among_more_than_are_looked_at_is_seen_too()
    {
        await _otherNode.PutAsync(Document("op-1", note: "second"));
        for (var i = 0; i < 100; i++)
            await _otherNode.PutAsync(Document($"other-{i}"));

        (await ReadAsync("op-1")).ShouldContain("second");
        (await ReadAsync("op-2")).ShouldContain("first");
    }

    [Fact]
    public async Task An_event_of_another_application_is_seen_before_and_after_it_has_a_position()
    {
        const string statusChanged =
            """{"from": "executing", "to": "canceled", "last_update_time": "20261120_100000"}""";
        await new ForeignWriter(_tracker.ConnectionString).AppendAsync("op-1", 1, "status_changed", statusChanged);

        (await ReadAsync("op-1")).ShouldContain("canceled");
        await _tracker.Store.SweepAsync(default);
        (await ReadAsync("op-1")).ShouldContain("canceled");
    }

    [Fact]
    public async Task What_a_repair_has_written_is_seen()
    {
        await _otherNode.PutAsync(Document("op-1", note: "second"));
        await TamperAsync("op-1");
        (await ReadAsync("op-1")).ShouldContain("tampered");

        var repair = new ViewRepair(_tracker.Database, new RebuildOptions(), TimeProvider.System, "heal", "x");
        (await repair.RunAsync(["op-1"], _ => { }, _ => { }, default)).Written.ShouldBe(1);

        (await ReadAsync("op-1")).ShouldContain("second");
    }

    [Fact]
    public async Task What_a_rebuild_has_written_is_seen()
    {
        await _otherNode.PutAsync(Document("op-1", note: "second"));
        await TamperAsync("op-1");
        (await ReadAsync("op-1")).ShouldContain("tampered");

        await _tracker.RebuildAsync();

        (await ReadAsync("op-1")).ShouldContain("second");
    }

    [Fact]
    public async Task Nothing_is_remembered_across_a_connection_that_broke()
    {
        await TamperAsync("op-1");
        await _tracker.ExecuteAsync("""
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
            """);
        try
        {
            await ReadAsync("op-2");
        }
        catch (EventStoreException)
        {
            // Or it was asked again, over another connection.
        }

        (await ReadAsync("op-1")).ShouldContain("tampered");
    }

    [Fact]
    public async Task A_client_that_had_the_document_gets_it_when_it_has_not()
    {
        var etag = (await _tracker.Store.FindAsync(Id("op-2"), null, default))!.ETag;
        var other = TrackerFixture.NewStore(_tracker.Database);
        await using var _ = other;

        (await other.FindAsync(Id("op-2"), etag, default)).ShouldNotBeNull().Document.IsEmpty.ShouldBeTrue();
        (await other.FindAsync(Id("op-2"), etag, default)).ShouldNotBeNull().ETag.ShouldBe(etag);
        (await other.FindAsync(Id("op-2"), null, default)).Text().ShouldContain("first");
    }

    private async Task<string> ReadAsync(string id) => (await _tracker.Store.FindAsync(Id(id), null, default)).Text();

    /// <summary>Alters the stored view as nobody may, so that it can be told from what is remembered of it.</summary>
    private async Task TamperAsync(string id) => await _tracker.ExecuteAsync(
        "update tracker.operations set document = regexp_replace(document, 'first|second', 'tampered')"
        + $" where operation_id = '{id}'");
}
