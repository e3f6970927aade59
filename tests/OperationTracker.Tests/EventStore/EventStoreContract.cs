using System.Text;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>What every event store promises.</summary>
public abstract class EventStoreContract
{
    /// <summary>An empty store.</summary>
    protected abstract Task<IEventStore> CreateAsync();

    [Fact]
    public async Task An_operation_that_nobody_put_is_not_found()
    {
        var store = await CreateAsync();
        (await store.FindAsync(Id("nobody"), null, default)).ShouldBeNull();
        (await store.ReadStreamAsync(Id("nobody"), 0, 10, default)).ShouldBeEmpty();
        (await store.ReadLogAsync(0, 10, default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_put_is_found_as_its_bytes_with_version_and_hash()
    {
        var store = await CreateAsync();
        var document = Document("a", note: "ä 😀 \u2028 \" \\ \n");
        var outcome = await store.PutAsync(document);
        var view = await store.FindAsync(Id("a"), null, default);
        view.Text().ShouldBe(System.Text.Encoding.UTF8.GetString(Json(document)));
        (outcome.FirstVersion, outcome.LastVersion, view!.DocumentVersion).ShouldBe((1, 1, 1));
        view.ContentHash.ShouldBe(OperationView.HashOf(Json(document)));
        outcome.View!.ETag.ShouldBe(view.ETag);
    }

    [Fact]
    public async Task Who_names_the_document_that_stands_may_get_the_view_without_it_and_nobody_else_does()
    {
        var store = await CreateAsync();
        await store.PutAsync(Document("a"));
        var first = (await store.FindAsync(Id("a"), null, default))!;
        (await store.FindAsync(Id("a"), first.ETag, default))!.ETag.ShouldBe(first.ETag);
        await store.PutAsync(Document("a", note: "other"));
        await store.PutAsync(Document("a"));
        var again = (await store.FindAsync(Id("a"), first.ETag, default))!;
        (again.ETag == first.ETag, again.ContentHash, again.Text()).ShouldBe((false, first.ContentHash, first.Text()));
        (await store.FindAsync(Id("a"), "\"1-\"", default)).Text().ShouldBe(first.Text());
    }

    [Fact]
    public async Task Deciding_sees_the_state_that_stands()
    {
        var store = await CreateAsync();
        await store.PutAsync(Document("a"));
        await store.PutAsync(Document("a", note: "second"));
        OperationState? seen = null;
        await store.AppendAsync(
            new ProposedChange(Id("a"), state => { seen = state; return []; }, new ChangeSource()), default);
        seen!.Document.ShouldBe(Document("a", note: "second"));
        (seen.Version, seen.DocumentVersion).ShouldBe((2, 2));
    }

    [Fact]
    public async Task Nothing_decided_appends_nothing()
    {
        var store = await CreateAsync();
        await store.PutAsync(Document("a"));
        var outcome = await store.PutAsync(Document("a"));
        (outcome.FirstVersion, outcome.LastVersion).ShouldBe((0, 0));
        outcome.View.Text().ShouldBe((await store.FindAsync(Id("a"), null, default)).Text());
        (await store.ReadLogAsync(0, 10, default)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Events_of_one_change_share_time_cause_and_headers_and_carry_its_source()
    {
        var store = await CreateAsync();
        var source = new ChangeSource("192.0.2.7", "sender/1\u0007.0", "00112233445566778899aabbccddeeff", "mfc");
        await store.PutAsync(Document("a"));
        await store.AppendAsync(Wish(Document("a", OperationStatus.Completed, "done"), source), default);
        var events = await store.ReadStreamAsync(Id("a"), 1, 10, default);
        events.Select(item => (item.Version, item.Type)).ShouldBe([(2, "status_changed"), (3, "sub_status_changed")]);
        events.Select(item => item.Timestamp).Distinct().Count().ShouldBe(1);
        events.Select(item => item.CausationId).Distinct().ShouldHaveSingleItem().ShouldNotBeNull();
        events.Select(item => item.Id).Distinct().Count().ShouldBe(2);
        foreach (var item in events)
        {
            (item.CorrelationId, item.UserName).ShouldBe(("00112233445566778899aabbccddeeff", "mfc"));
            var headers = System.Text.Json.JsonDocument.Parse(item.Headers!).RootElement;
            headers.GetProperty("address").GetString().ShouldBe("192.0.2.7");
            headers.GetProperty("user_agent").GetString().ShouldBe("sender/1.0");
            headers.GetProperty("change").EnumerateArray().Select(end => end.GetInt32()).ShouldBe([2, 3]);
            headers.GetProperty("schema").GetInt32().ShouldBe(1);
        }
    }

    [Fact]
    public async Task Streams_and_the_log_are_read_in_pages()
    {
        var store = await CreateAsync();
        for (var i = 0; i < 7; i++)
            await store.PutAsync(Document(i % 2 == 0 ? "even" : "odd", note: $"{i}"));
        (await store.ReadStreamAsync(Id("even"), 1, 2, default)).Select(item => item.Version).ShouldBe([2, 3]);
        (await store.ReadLogAsync(2, 3, default)).Select(item => item.Position).ShouldBe([3, 4, 5]);
        (await store.ReadLogAsync(0, 100, default)).Select(item => (item.StreamId, item.Version)).ShouldBe(
            [("even", 1), ("odd", 1), ("even", 2), ("odd", 2), ("even", 3), ("odd", 3), ("even", 4)]);
    }

    [Fact]
    public async Task A_decision_that_throws_fails_alone()
    {
        var store = await CreateAsync();
        var thrown = new InvalidOperationException("a bug");
        var bad = new ProposedChange(Id("bad"), _ => throw thrown, new ChangeSource());
        var good = store.PutAsync(Document("good"));
        (await Should.ThrowAsync<InvalidOperationException>(async () => await store.AppendAsync(bad, default)))
            .ShouldBe(thrown);
        (await good).LastVersion.ShouldBe(1);
        (await store.FindAsync(Id("bad"), null, default)).ShouldBeNull();
    }

    [Fact]
    public async Task The_list_is_ordered_filtered_and_paged()
    {
        var store = await CreateAsync();
        await store.PutAsync(Document("b") with { OccurredTime = "20261120_090001" });
        await store.PutAsync(Document("c") with { OccurredTime = "20261120_090000" });
        await store.PutAsync(Document("a", OperationStatus.Completed) with { OccurredTime = "20261120_090001" });
        await store.PutAsync(Document("d") with
        {
            OccurredTime = "20261120_090002",
            LastUpdateTime = "20261121_000000",
            Request = new OperationRequest { Uri = "/v2/%x", Method = RequestMethod.Patch, Body = "" },
            TargetClusters = new ValueList<TargetCluster>([Cluster("\"7\",\\{}")]),
            Rollbacks = new OperationRollback
            {
                Result = RollbackResult.None,
                OccurredTime = "?",
                TargetClusters = new ValueList<TargetCluster>([Cluster("8")]),
            },
        });

        (await Ids(OperationFilter.None)).ShouldBe("c a b d");
        (await Ids(new() { Statuses = [OperationStatus.Completed] })).ShouldBe("a");
        (await Ids(new() { Statuses = [OperationStatus.Completed, OperationStatus.Executing] })).ShouldBe("c a b d");
        (await Ids(new() { ClusterId = "\"7\",\\{}" })).ShouldBe("d");
        (await Ids(new() { ClusterId = "8" })).ShouldBe("d");
        (await Ids(new() { ClusterId = "9" })).ShouldBe("");
        (await Ids(new() { Method = RequestMethod.Patch })).ShouldBe("d");
        (await Ids(new() { UriPrefix = "/v2/%" })).ShouldBe("d");
        (await Ids(new() { UriPrefix = "/v_" })).ShouldBe("");
        (await Ids(new() { OccurredFrom = "20261120_090001", OccurredTo = "20261120_090002" })).ShouldBe("a b");
        (await Ids(new() { UpdatedFrom = "20261120_090001" })).ShouldBe("d");
        (await Ids(new() { UpdatedTo = "20261121_000000", Method = RequestMethod.Post })).ShouldBe("c a b");
        (await Ids(OperationFilter.None, new ListPosition("20261120_090001", "a"))).ShouldBe("b d");
        (await Ids(OperationFilter.None, limit: 2)).ShouldBe("c a");

        var page = await store.ListAsync(new OperationListQuery(OperationFilter.None, null, 1), default);
        page[0].ShouldSatisfyAllConditions(
            item => item.Position.ShouldBe(new ListPosition("20261120_090000", "c")),
            item => (item.LastUpdateTime, item.Status).ShouldBe(("20261120_090000", "executing")),
            item => OperationJson.Read(item.Document.Span).Document!.OperationId.ShouldBe("c"));
        var query = new OperationListQuery(OperationFilter.None, null, 100);
        (await store.ListAsync(query with { Summarizes = true }, default)).Select(item => item.Text()).ShouldBe(
            (await store.ListAsync(query, default))
                .Select(item => Encoding.UTF8.GetString(DocumentSummary.Of(item.Document.Span)!)));

        async Task<string> Ids(OperationFilter filter, ListPosition? after = null, int limit = 100) => string.Join(
            ' ', (await store.ListAsync(new OperationListQuery(filter, after, limit), default))
                .Select(item => item.OperationId));
    }

    [Fact]
    public async Task Ids_are_listed_in_pages_of_their_own_in_the_same_order()
    {
        var store = await CreateAsync();
        for (var i = 0; i < 25; i++)
            await store.PutAsync(Document($"op-{(i * 7) % 25}") with { OccurredTime = $"20261120_0900{i / 5:00}" });
        var whole = await store.ListAsync(new OperationListQuery(OperationFilter.None, null, 100), default);

        ListPosition? after = null;
        var ids = new List<string>();
        foreach (var expected in new[] { 10, 10, 5, 0 })
        {
            var page = await store.ListIdsAsync(new OperationListQuery(OperationFilter.None, after, 10), default);
            page.Count.ShouldBe(expected);
            ids.AddRange(System.Text.Json.JsonSerializer.Deserialize<string[]>(
                $"[{System.Text.Encoding.UTF8.GetString(page.Json.Span)}]")!);
            page.Last.ShouldBe(expected == 0 ? null : whole[ids.Count - 1].Position);
            after = page.Last;
        }

        ids.ShouldBe(whole.Select(item => item.OperationId));
    }

    [Fact]
    public async Task A_cluster_with_the_longest_id_is_found_by_it()
    {
        var store = await CreateAsync();
        var longest = string.Concat(Enumerable.Repeat("😀", OperationLimits.ClusterIdLength));
        var document = Document("a") with { TargetClusters = new ValueList<TargetCluster>([Cluster(longest)]) };
        OperationJson.Read(Json(document)).Faults.ShouldBeEmpty();
        OperationJson.Read(
            Json(document with { TargetClusters = new ValueList<TargetCluster>([Cluster(longest + "x")]) }))
            .Faults.ShouldHaveSingleItem().Path.ShouldBe("/target_clusters/0/cluster_id");
        await store.PutAsync(document);
        var filter = new OperationFilter { ClusterId = longest };
        (await store.ListAsync(new OperationListQuery(filter, null, 10), default)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Concurrent_changes_of_one_operation_are_each_decided_upon_the_one_before()
    {
        var store = await CreateAsync();
        await store.PutAsync(Document("a", note: ""));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => store.AppendAsync(
            new ProposedChange(Id("a"), AddLetter, new ChangeSource()), CancellationToken.None)));
        var events = await store.ReadStreamAsync(Id("a"), 0, 1000, default);
        events.Select(item => item.Version).ShouldBe(Enumerable.Range(1, 101).Select(i => (long)i));
        OperationJson.Read((await store.FindAsync(Id("a"), null, default))!.Document.Span).Document!
            .SubStatus.Value.ShouldBe(new string('x', 100));

        static IReadOnlyList<OperationEvent> AddLetter(OperationState state) =>
        [
            new SubStatusChanged
            {
                SubStatus = state.Document!.SubStatus.Value + "x", LastUpdateTime = "20261120_090001",
            },
        ];
    }
}

public sealed class MemoryEventStoreTests : EventStoreContract
{
    protected override Task<IEventStore> CreateAsync() =>
        Task.FromResult<IEventStore>(new MemoryEventStore(TimeProvider.System));
}

public sealed class PostgresEventStoreTests : EventStoreContract, IAsyncLifetime
{
    private readonly List<TrackerFixture> _trackers = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var tracker in _trackers)
        {
            await StoreInvariants.CheckAsync(tracker.Database);
            await tracker.DisposeAsync();
        }
    }

    protected override async Task<IEventStore> CreateAsync()
    {
        var tracker = await TrackerFixture.CreateAsync();
        _trackers.Add(tracker);
        return tracker.Store;
    }
}
