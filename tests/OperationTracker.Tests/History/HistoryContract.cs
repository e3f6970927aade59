using System.Text;
using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.History;
using OperationTracker.Core.Operations;
using OperationTracker.Tests.EventStore;
using OperationTracker.Tests.Operations;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.History;

/// <summary>What every store's history tells, against what was served when it happened.</summary>
public abstract partial class HistoryContract
{
    private const int QuestionsPerOperation = 20;

    /// <summary>Operations that are asked about; with the other store's, more than 10,000 questions.</summary>
    protected abstract int Operations { get; }

    /// <summary>An empty store, and how another application appends to it.</summary>
    protected abstract Task<(IEventStore Store, Func<string, string, string, Task> AppendForeign)> CreateAsync();

    [Fact]
    public async Task Questions_about_the_past_are_answered_as_they_were_then_and_diffs_lead_from_answer_to_answer()
    {
        var (store, _) = await CreateAsync();
        var history = new OperationHistory(store);
        var (number, questions, diffs) = (0, 0, 0);
        Law.Check(DocumentGenerator.Sequences, sequence => AskAsync(sequence).GetAwaiter().GetResult(), Operations);

        questions.ShouldBe(Operations * QuestionsPerOperation);
        diffs.ShouldBeGreaterThan(Operations * QuestionsPerOperation / 3);

        async Task AskAsync(DocumentSequence sequence)
        {
            var random = new Random(number);
            var past = await RecordedPast.MakeAsync(store, Id($"op-{number++}"), sequence);
            OperationView? before = null;
            for (var i = 0; i < QuestionsPerOperation; i++, questions++)
            {
                var (expected, found) = random.Next(2) == 0
                    ? await AskVersionAsync(past, random.Next(past.Events.Count + 3))
                    : await AskInstantAsync(
                        past, past.Events[random.Next(past.Events.Count)].Timestamp, random.Next(5));
                (found?.View.Text(), found?.View.ETag, found?.Version, found?.WithinChange)
                    .ShouldBe((expected?.View.Text(), expected?.View.ETag, expected?.Version, expected?.WithinChange));
                if (found is not null && before is not null)
                {
                    ShouldLead(before.Document, found.View.Document);
                    diffs++;
                }

                before = found?.View ?? before;
            }
        }

        async Task<(PastOperation?, PastOperation?)> AskVersionAsync(RecordedPast past, long version) =>
            (past.At(version), await history.AtAsync(past.Id, version, default));

        // An event's time, and a half and a whole microsecond before and after it.
        async Task<(PastOperation?, PastOperation?)> AskInstantAsync(RecordedPast past, DateTimeOffset time, int shift)
        {
            var halves = shift - 2;
            var floor = time.AddMicroseconds(halves < 0 ? -1 : halves / 2);
            var instant = new Instant(floor, halves is -1 or 1);
            var version = past.Events.TakeWhile(
                item => 2 * (item.Timestamp - time).TotalMicroseconds <= halves).Count();
            return (past.At(version), await history.AtAsync(past.Id, instant, default));
        }
    }

    [Fact]
    public async Task The_history_names_what_each_event_changed_in_pages()
    {
        var (store, appendForeign) = await CreateAsync();
        var source = new ChangeSource("192.0.2.7", "sender/1.0", "0af7651916cd43dd8448eb211c80319c", "mfc");
        await store.AppendAsync(Wish(Document("a"), source), default);
        await store.AppendAsync(
            Wish(Document("a", OperationStatus.Completed, "done") with { LastUpdateTime = "20261120_090001" }, source),
            default);
        await appendForeign("a", "note_added", """{"text": "seen"}""");
        await new OperationService(store).PutAsync(Id("a"), Json(Document("a")), PutCondition.None, source, default);
        var history = new OperationHistory(store);

        var page = (await history.ReadAsync(Id("a"), 0, 100, default))!;

        page.Entries.Select(Told).ShouldBe(
        [
            "1 operation_registered of 1-1 ours: add ",
            "2 status_changed of 2-3 ours: add /response, replace /last_update_time, replace /status",
            "3 sub_status_changed of 2-3 ours: add /sub_status",
            "4 note_added of 4-4 foreign: ",
            "5 update_refused of 5-5 ours: ",
        ]);
        (page.NextAfter, page.AtEnd).ShouldBe((5, true));
        var origin = page.Entries[0].Origin;
        (origin.Address, origin.UserAgent).ShouldBe(("192.0.2.7", "sender/1.0"));
        (page.Entries[0].Event.UserName, page.Entries[0].Event.CorrelationId)
            .ShouldBe(("mfc", "0af7651916cd43dd8448eb211c80319c"));

        var second = (await history.ReadAsync(Id("a"), 2, 2, default))!;
        second.Entries.Select(Told).ShouldBe([Told(page.Entries[2]), Told(page.Entries[3])]);
        (second.NextAfter, second.AtEnd).ShouldBe((4, false));
        var beyond = (await history.ReadAsync(Id("a"), 99, 2, default))!;
        (beyond.Entries.Count, beyond.NextAfter, beyond.AtEnd).ShouldBe((0, 99, true));
        (await history.ReadAsync(Id("b"), 0, 2, default)).ShouldBeNull();

        static string Told(HistoryEntry entry) =>
            $"{entry.Event.Version} {entry.Event.Type} of {entry.Origin.Change.First}-{entry.Origin.Change.Last}"
            + $" {(entry.Origin.IsOurs ? "ours" : "foreign")}: "
            + string.Join(
                ", ", entry.Changed.Select(place => $"{place.Op} {place.Path}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Events_of_others_change_nothing_and_move_the_version()
    {
        var (store, appendForeign) = await CreateAsync();
        await appendForeign("a", "status_changed", """{"odd": true}""");
        await store.PutAsync(Document("a"));
        await appendForeign("a", "status_changed", """{"from": 7}""");
        await appendForeign("a", "status_changed", """
            {"from": "executing", "to": "canceled", "last_update_time": "20261120_100000"}
            """);
        var history = new OperationHistory(store);

        (await history.AtAsync(Id("a"), 1, default)).ShouldBeNull();
        var second = (await history.AtAsync(Id("a"), 2, default))!;
        var third = (await history.AtAsync(Id("a"), 3, default))!;
        (third.View.ETag, third.Version).ShouldBe((second.View.ETag, 3));
        var fourth = (await history.AtAsync(Id("a"), 4, default))!;
        fourth.View.Text().ShouldContain("canceled");
        (await history.AtAsync(Id("a"), 5, default)).ShouldBeNull();
        (await history.AtAsync(Id("a"), long.MaxValue, default)).ShouldBeNull();
    }

    [Fact]
    public async Task A_long_history_of_large_events_is_read_in_pages_that_end_early()
    {
        var (store, _) = await CreateAsync();
        const int Count = 12;
        for (var i = 0; i < Count; i++)
            await store.PutAsync(Document("a", note: $"{i}" + new string('x', 500_000)));
        var history = new OperationHistory(store);

        var (after, pages, versions) = (0L, 0, new List<long>());
        HistoryPage page;
        do
        {
            page = (await history.ReadAsync(Id("a"), after, 100, default))!;
            versions.AddRange(page.Entries.Select(entry => entry.Event.Version));
            after = page.NextAfter;
            pages++;
        }
        while (!page.AtEnd);

        versions.ShouldBe(Enumerable.Range(1, Count).Select(version => (long)version));
        pages.ShouldBeGreaterThan(1);
        (await history.AtAsync(Id("a"), Count, default))!.View.ETag
            .ShouldBe((await store.FindAsync(Id("a"), null, default))!.ETag);
    }

    [Fact]
    public async Task The_log_is_searched_by_kind_operation_and_time()
    {
        var (store, appendForeign) = await CreateAsync();
        await store.PutAsync(Document("a"));
        await store.PutAsync(Document("b"));
        await appendForeign("a", "note_added", "{}");
        await store.PutAsync(Document("a", OperationStatus.Completed, "x"));
        await store.PutAsync(Document("b", note: "y"));
        var all = await store.ReadLogAsync(0, 100, default);
        all.Select(item => $"{item.StreamId}{item.Version} {item.Type}").ShouldBe(
        [
            "a1 operation_registered", "b1 operation_registered", "a2 note_added", "a3 status_changed",
            "a4 sub_status_changed", "b2 sub_status_changed",
        ]);

        (await Find(new(0, 100))).ShouldBe("1 2 3 4 5 6 then 6 end");
        (await Find(new(4, 100))).ShouldBe("5 6 then 6 end");
        (await Find(new(0, 2))).ShouldBe("1 2 then 2");
        (await Find(new(6, 2))).ShouldBe("then 6 end");
        (await Find(new(60, 2))).ShouldBe("then 60 end");
        (await Find(new(0, 100) { Kinds = ["sub_status_changed", "note_added"] })).ShouldBe("3 5 6 then 6 end");
        (await Find(new(0, 100) { Kinds = ["none"] })).ShouldBe("then 6 end");
        (await Find(new(0, 100) { StreamId = "a" })).ShouldBe("1 3 4 5 then 6 end");
        (await Find(new(1, 2) { StreamId = "a" })).ShouldBe("3 4 then 4");
        (await Find(new(0, 100) { StreamId = "a", Kinds = ["sub_status_changed"] })).ShouldBe("5 then 6 end");
        (await Find(new(0, 100) { StreamId = "c" })).ShouldBe("then 6 end");
        (await Find(new(0, 100) { ForeignOnly = true })).ShouldBe("3 then 6 end");
        (await Find(new(0, 100) { From = all[5].Timestamp })).ShouldBe(From(all[5].Timestamp));
        (await Find(new(0, 100) { To = all[0].Timestamp })).ShouldBe("then 6 end");
        (await Find(new(0, 100) { To = DateTimeOffset.MaxValue, From = DateTimeOffset.MinValue })).ShouldBe(
            "1 2 3 4 5 6 then 6 end");

        async Task<string> Find(EventLogQuery query)
        {
            var page = await store.SearchLogAsync(query, default);
            return string.Join(' ', page.Events.Select(item => $"{item.Position}").Append($"then {page.NextAfter}"))
                + (page.AtEnd ? " end" : "");
        }

        string From(DateTimeOffset time) => string.Join(
            ' ', all.Where(item => item.Timestamp >= time).Select(item => $"{item.Position}").Append("then 6 end"));
    }

    private static void ShouldLead(ReadOnlyMemory<byte> from, ReadOnlyMemory<byte> to)
    {
        var document = JsonTree.Parse(from);
        foreach (var operation in DocumentDiff.Between(from, to))
            document = PatchApplier.Apply(document, operation.Op, operation.Path, operation.Json);
        document.Canonical().ShouldBe(JsonTree.Parse(to).Canonical());
    }
}

public sealed class MemoryHistoryTests : HistoryContract
{
    protected override int Operations => 420;

    protected override Task<(IEventStore, Func<string, string, string, Task>)> CreateAsync()
    {
        var store = new MemoryEventStore(new JerkyClock());
        return Task.FromResult<(IEventStore, Func<string, string, string, Task>)>((store, (stream, type, data) =>
        {
            store.AppendForeign(stream, type, data);
            return Task.CompletedTask;
        }));
    }

    /// <summary>
    /// Goes on by less than a microsecond, or not at all, or by some: times meet and differ in their last digit.
    /// </summary>
    private sealed class JerkyClock : TimeProvider
    {
        private readonly Random _random = new(1);
        private DateTimeOffset _now = new(2026, 11, 20, 9, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => _now = _now.AddTicks(_random.Next(4) * _random.Next(10));
    }
}

public sealed class PostgresHistoryTests : HistoryContract, IAsyncLifetime
{
    private TrackerFixture _tracker = null!;

    /// <summary>OPTRACK_CASES=10000 asks 10,000 questions.</summary>
    protected override int Operations => Math.Max(10, Law.Cases / 20);

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync()
    {
        await StoreInvariants.CheckAsync(_tracker.Database);
        await _tracker.DisposeAsync();
    }

    protected override Task<(IEventStore, Func<string, string, string, Task>)> CreateAsync()
    {
        var writer = new ForeignWriter(_tracker.ConnectionString);
        return Task.FromResult<(IEventStore, Func<string, string, string, Task>)>((
            _tracker.Store, async (stream, type, data) =>
            {
                (await writer.AppendAsync(stream, 1, type, data)).ShouldBeTrue();
                await _tracker.Store.SweepAsync(default);
            }));
    }
}
