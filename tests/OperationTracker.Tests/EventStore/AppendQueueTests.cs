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

    public AppendQueueTests() =>
        _queue = new AppendQueue(FlyAsync, new AppendQueueLimits(), _clock, flight => flight());

    public async ValueTask DisposeAsync()
    {
        while (_underWay.TryDequeue(out var flight))
            flight.SetResult();
        await _queue.DisposeAsync();
    }

    [Fact]
    public void What_comes_while_another_is_appended_flies_at_once_where_appending_takes_no_longer_than_preparing()
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
    public async Task What_would_only_wait_for_the_flight_before_gathers_meanwhile()
    {
        Propose("slow");
        _clock.Pass(8);
        await EndAsync();

        Propose("a");
        Propose("b");
        _clock.Pass(0.9);
        Propose("c");
        _flights.Count.ShouldBe(2, "an append takes a second, as far as is known");
        _clock.Pass(0.2);
        Propose("d");
        _flights[^1].ShouldBe(["b", "c", "d"]);
    }

    [Fact]
    public async Task What_gathers_flies_when_the_flight_before_ends_sooner_than_was_thought()
    {
        Propose("slow");
        _clock.Pass(8);
        await EndAsync();

        Propose("a");
        Propose("b");
        await EndAsync();

        _flights[^1].ShouldBe(["b"]);
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
        prepared();
        return end.Task;
    }
}
