using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>What other applications append is noticed, gets its place in the log, and is folded.</summary>
public sealed class ForeignEventsTests : IAsyncLifetime
{
    private TrackerFixture _tracker = null!;
    private ForeignWriter _foreign = null!;

    public async Task InitializeAsync()
    {
        _tracker = await TrackerFixture.CreateAsync();
        _foreign = new ForeignWriter(_tracker.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await _tracker.Store.SweepAsync(default);
        await StoreInvariants.CheckAsync(_tracker.Database);
        await _tracker.DisposeAsync();
    }

    [Fact]
    public async Task An_event_of_an_unknown_kind_moves_the_version_and_not_the_document()
    {
        await _tracker.Store.PutAsync(Document("a"));
        var before = await _tracker.Store.FindAsync(Id("a"), null, default);
        (await _foreign.AppendAsync("a", 2)).ShouldBeTrue();
        (await _tracker.Store.FindAsync(Id("a"), null, default))!.ETag.ShouldBe(before!.ETag);
        (await _tracker.Store.PutAsync(Document("a", note: "next"))).FirstVersion.ShouldBe(4);
        var events = await _tracker.Store.ReadStreamAsync(Id("a"), 0, 10, default);
        events.Select(item => (item.Version, item.Position, item.Type)).ShouldBe(
            [(1, 1, "operation_registered"), (2, 2, "note_added"), (3, 3, "note_added"), (4, 4, "sub_status_changed")]);
        (events[1].Data, events[1].Event).ShouldBe(("{\"text\": \"seen\"}", null));
    }

    [Fact]
    public async Task An_event_of_our_own_kind_changes_the_document_at_once_and_the_list_after_a_sweep()
    {
        await _tracker.Store.PutAsync(Document("a"));
        (await _foreign.AppendAsync("a", 1, "status_changed", """
            {"from": "executing", "to": "canceled", "last_update_time": "20261120_100000"}
            """)).ShouldBeTrue();
        var view = (await _tracker.Store.FindAsync(Id("a"), null, default))!;
        OperationJson.Read(view.Document.Span).Document!.Status.ShouldBe(OperationStatus.Canceled);
        view.DocumentVersion.ShouldBe(2);

        (await _tracker.Store.SweepAsync(default)).ShouldBeTrue();
        (await _tracker.Store.SweepAsync(default)).ShouldBeFalse();
        var canceled = new OperationFilter { Statuses = [OperationStatus.Canceled] };
        (await _tracker.Store.ListAsync(new OperationListQuery(canceled, null, 10), default))
            .Select(item => item.OperationId).ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_stream_that_another_application_begins_is_an_operation_once_it_is_registered()
    {
        var registered = System.Text.Encoding.UTF8.GetString(OperationEventTypes.Write(
            new OperationRegistered { Document = Document("a"), LastUpdateTime = "20261120_090000" }));
        (await _foreign.AppendAsync("a", 1)).ShouldBeTrue();
        (await _tracker.Store.FindAsync(Id("a"), null, default)).ShouldBeNull();
        (await _foreign.AppendAsync("a", 1, "operation_registered", registered)).ShouldBeTrue();
        (await _tracker.Store.FindAsync(Id("a"), null, default))!.DocumentVersion.ShouldBe(2);
        await _tracker.Store.SweepAsync(default);
        (await _tracker.Store.ListAsync(new OperationListQuery(OperationFilter.None, null, 10), default))
            .Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("say \"so\"")]
    [InlineData("a\",\"b")]
    [InlineData("back\\slash")]
    [InlineData("two\nlines")]
    public async Task An_id_that_the_tracker_would_not_take_is_listed_as_it_is(string id)
    {
        var registered = System.Text.Encoding.UTF8.GetString(OperationEventTypes.Write(
            new OperationRegistered { Document = Document(id), LastUpdateTime = "20261120_090000" }));
        await _tracker.Store.PutAsync(Document("a"));
        (await _foreign.AppendAsync(id, 1, "operation_registered", registered)).ShouldBeTrue();
        await _tracker.Store.SweepAsync(default);
        await _tracker.Store.PutAsync(Document("z"));

        var page = await _tracker.Store.ListIdsAsync(new OperationListQuery(OperationFilter.None, null, 10), default);
        (page.Count, page.Last!.OperationId).ShouldBe((3, "z"));
        System.Text.Json.JsonSerializer.Deserialize<string[]>([(byte)'[', .. page.Json.Span, (byte)']'])!
            .Order(StringComparer.Ordinal).ShouldBe(new[] { "a", id, "z" }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_first_put_upon_a_foreign_stream_without_a_document_registers_it()
    {
        (await _foreign.AppendAsync("a", 3)).ShouldBeTrue();
        (await _tracker.Store.PutAsync(Document("a"))).FirstVersion.ShouldBe(4);
    }

    [Theory]
    [InlineData("operation_registered", "{}")]
    [InlineData("operation_registered", "[]")]
    [InlineData("status_changed", """{"from": "executing", "to": "exploded", "last_update_time": "x"}""")]
    [InlineData("status_changed", """{"from": "executing", "to": 2, "last_update_time": "x"}""")]
    [InlineData("cluster_responded", """{"index": 99, "cluster_id": "1", "response": {}, "last_update_time": "x"}""")]
    [InlineData("document_amended", """{"patch": [{"op": "remove", "path": "/status"}], "last_update_time": "x"}""")]
    [InlineData("document_amended", """{"patch": null, "last_update_time": "x"}""")]
    public async Task Data_that_are_not_those_of_their_kind_harm_nobody(string type, string data)
    {
        await _tracker.Store.PutAsync(Document("a"));
        (await _foreign.AppendAsync("a", 1, type, data)).ShouldBeTrue();
        (await _tracker.Store.FindAsync(Id("a"), null, default)).ShouldNotBeNull();
        (await _tracker.Store.PutAsync(Document("a", OperationStatus.Completed, "next"))).FirstVersion.ShouldBe(3);
        OperationJson.Read((await _tracker.Store.FindAsync(Id("a"), null, default))!.Document.Span)
            .Document.ShouldBe(Document("a", OperationStatus.Completed, "next"));
    }

    [Fact]
    public async Task An_event_that_commits_late_gets_its_position_when_it_is_there()
    {
        await _tracker.Store.PutAsync(Document("a"));
        var written = new TaskCompletionSource();
        var mayCommit = new TaskCompletionSource();
        var late = _foreign.AppendAsync("late", 2, beforeEnd: async () =>
        {
            written.SetResult();
            await mayCommit.Task;
            return true;
        });
        await written.Task;
        await _tracker.Store.PutAsync(Document("b"));
        await _tracker.Store.SweepAsync(default);
        (await Log()).ShouldBe(["a1", "b1"]);
        mayCommit.SetResult();
        (await late).ShouldBeTrue();
        await _tracker.Store.SweepAsync(default);
        (await Log()).ShouldBe(["a1", "b1", "late1", "late2"]);
    }

    [Fact]
    public async Task Sequence_numbers_that_contradict_versions_do_not_turn_the_order_of_a_stream()
    {
        await _tracker.ExecuteAsync("""
            insert into tracker.mt_streams (id, version) values ('x', 3);
            insert into tracker.mt_events (seq_id, id, stream_id, version, data, type, timestamp) values
                (30, gen_random_uuid(), 'x', 1, '{}', 'n', now()), (10, gen_random_uuid(), 'x', 2, '{}', 'n', now()),
                (20, gen_random_uuid(), 'x', 3, '{}', 'n', now());
            """);
        await _tracker.Store.SweepAsync(default);
        (await Log()).ShouldBe(["x1", "x2", "x3"]);
    }

    private async Task<IEnumerable<string>> Log() =>
        (await _tracker.Store.ReadLogAsync(0, 1000, default)).Select(item => $"{item.StreamId}{item.Version}");
}
