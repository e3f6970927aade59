using OperationTracker.Core.EventStore;
using OperationTracker.Postgres;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>When flights leave, by a clock that is turned by hand and flights that end when they are told to.</summary>
public sealed class AppendQueueTests : IAsyncDisposable
{
    private readonly HandClock _clock = new();
    private readonly List<string[]> _flights = [];
    private readonly Queue<TaskCompletionSource> _underWay = [];
    private readonly AppendQueue _queue;
    private bool _prepares = true;
    private bool _sharesLog;

    public AppendQueueTests() => _queue = new AppendQueue(
        FlyAsync, new AppendQueueLimits(), _clock, () => _sharesLog, flight => flight());

    public async ValueTask DisposeAsync()
    {
        while (_underWay.TryDequeue(out var flight))
            flight.SetResult();
        await _queue.DisposeAsync();
    }

    [Fact]
    public void What_comes_while_another_is_appended_flies_at_once_where_there_is_as_much_of_it()
    {
        Propose("a");
        Propose("b");

        _flights.ShouldBe([["a"], ["b"]]);
    }

    [Fact]
    public async Task No_third_is_begun()
    {
        Propose("a");
        Propose("b");
        Propose("c");
        Propose("d");
        _flights.Count.ShouldBe(2);

        await EndAsync();

        _flights[^1].ShouldBe(["c", "d"]);
    }

    [Fact]
    public async Task Fewer_than_are_under_way_wait_for_more()
    {
        await BeginWithAsync("a", "b", "c");

        Propose("d");
        Propose("e");
        _flights.Count.ShouldBe(1);
        Propose("f");
        _flights[^1].ShouldBe(["d", "e", "f"]);
    }

    [Fact]
    public async Task Fewer_than_are_under_way_fly_when_those_have_ended()
    {
        await BeginWithAsync("a", "b", "c");

        Propose("d");
        await EndAsync();

        _flights[^1].ShouldBe(["d"]);
    }

    [Fact]
    public async Task One_that_is_missing_of_many_is_not_waited_for()
    {
        await BeginWithAsync([.. Ids("first-", 8)]);

        foreach (var id in Ids("second-", 7))
            Propose(id);

        _flights[^1].ShouldBe(Ids("second-", 7));
    }

    [Theory]
    [InlineData(64, new[] { 32, 32 })]
    [InlineData(17, new[] { 9, 8 })]
    [InlineData(16, new[] { 8, 8 })]
    [InlineData(8, new[] { 8 })]
    public async Task Many_are_divided_between_two_flights(int count, int[] sizes)
    {
        await BeginWithAsync([.. Ids("many-", count)]);

        _flights.Select(flight => flight.Length).ShouldBe(sizes);
        _flights.SelectMany(flight => flight).ShouldBe(Ids("many-", count));
    }

    [Fact]
    public async Task All_fly_together_and_one_flight_at_a_time_where_others_append_as_well()
    {
        _sharesLog = true;
        await BeginWithAsync([.. Ids("first-", 64)]);
        _flights.ShouldBe([[.. Ids("first-", 64)]]);

        foreach (var id in Ids("second-", 70))
            Propose(id);
        _flights.Count.ShouldBe(1);
        await EndAsync();

        _flights[^1].ShouldBe(Ids("second-", 70));
    }

    [Fact]
    public async Task A_second_flight_is_begun_again_when_others_are_gone()
    {
        _sharesLog = true;
        await BeginWithAsync("a");
        Propose("b");
        _sharesLog = false;

        Propose("c");

        _flights.ShouldBe([["a"], ["b", "c"]]);
    }

    private static IEnumerable<string> Ids(string prefix, int count) =>
        Enumerable.Range(1, count).Select(i => $"{prefix}{i}");

    /// <summary>Lets these come while a flight is prepared, which then ends at once and is forgotten.</summary>
    private async Task BeginWithAsync(params string[] ids)
    {
        _prepares = false;
        foreach (var id in ids.Prepend("before"))
            Propose(id);
        _flights.Clear();
        _prepares = true;
        await EndAsync();
    }

    private void Propose(string id) => _ = _queue.AppendAsync(
        id, new ProposedChange(Id(id), _ => [], new ChangeSource()), CancellationToken.None);

    /// <summary>On a thread of the pool, where what waits for it goes on before this returns.</summary>
    private Task EndAsync() => Task.Run(_underWay.Dequeue().SetResult);

    private Task FlyAsync(IReadOnlyList<PendingAppend> flight, Action prepared)
    {
        _flights.Add([.. flight.Select(entry => entry.StreamId)]);
        var end = new TaskCompletionSource();
        _underWay.Enqueue(end);
        if (_prepares)
            prepared();
        return end.Task;
    }
}
