using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>What a node assumes of streams instead of loading them.</summary>
public sealed class RememberedStatesTests
{
    private readonly HandClock _clock = new();
    private readonly RememberedStates _states;

    public RememberedStatesTests() => _states = new RememberedStates(_clock);

    [Fact]
    public void The_state_in_which_a_stream_was_left_is_assumed_until_it_is_forgotten()
    {
        _states.Assume("a").ShouldBeNull();
        var operation = Operation("a");
        _states.Keep("a", operation);
        _states.Assume("a").ShouldBe(operation with { IsAssumed = true });
        _states.Forget("a");
        _states.Assume("a").ShouldBeNull();
    }

    [Fact]
    public void A_final_state_and_a_large_document_are_not_kept_and_take_the_place_of_what_was()
    {
        var (final, large) = (Operation("a", OperationStatus.Failed), Operation("a", body: new string('x', 20_000)));
        foreach (var next in new[] { final, large })
        {
            _states.Keep("a", Operation("a"));
            _states.Keep("a", next);
            _states.Assume("a").ShouldBeNull();
        }
    }

    [Fact]
    public void An_unknown_operation_is_taken_to_be_new_only_while_nearly_all_are()
    {
        Load(LoadedOperation.Absent, 150);
        _states.Assume("unknown").ShouldBeNull();
        Load(LoadedOperation.Absent, 50);
        _states.Assume("unknown").ShouldBe(LoadedOperation.AssumedNew);
        for (var i = 0; i < 4; i++)
            _states.NoteAssumedNew(wasNew: false);
        _states.Assume("unknown").ShouldBeNull();
    }

    [Fact]
    public void What_is_kept_says_nothing_of_unknown_operations_when_it_is_loaded()
    {
        Load(LoadedOperation.Absent, 200);
        _states.Keep("a", Operation("a"));
        for (var i = 0; i < 100; i++)
            _states.NoteLoaded("a", Operation("a"));
        _states.Assume("unknown").ShouldNotBeNull();
    }

    [Fact]
    public void Nothing_is_assumed_for_a_second_after_others_have_appended()
    {
        _states.NoteFlight(logBefore: 0, events: 3);
        _states.Keep("a", Operation("a"));
        _states.NoteFlight(logBefore: 3, events: 2);
        _states.Assume("a").ShouldNotBeNull();

        _states.NoteFlight(logBefore: 6, events: 1);
        _states.NoteFlight(logBefore: 8, events: 1);
        _states.Keep("b", Operation("b"));
        _states.Assume("b").ShouldBeNull();
        _clock.Pass(1.1);
        _states.Assume("b").ShouldNotBeNull();
        _states.Assume("a").ShouldBeNull();
    }

    [Theory]
    [InlineData(5, 5)]
    [InlineData(0, 6)]
    [InlineData(9, 10)]
    public void Nor_when_a_flight_is_noted_that_others_have_come_before_or_between(long logBefore, int events)
    {
        _states.NoteFlight(logBefore: 0, events: 3);
        _states.NoteFlight(logBefore: 4, events: 4);
        _states.Keep("a", Operation("a"));

        _states.NoteFlight(logBefore, events);

        _states.Assume("a").ShouldBeNull();
    }

    [Fact]
    public void Two_flights_that_are_noted_in_another_order_than_they_were_appended_in_are_no_sign_of_others()
    {
        _states.NoteFlight(logBefore: 0, events: 3);
        _states.Keep("a", Operation("a"));
        for (var end = 3; end < 33; end += 10)
        {
            _states.NoteFlight(logBefore: end + 4, events: 6);
            _states.NoteFlight(logBefore: end, events: 4);
        }

        _states.Assume("a").ShouldNotBeNull();
    }

    [Fact]
    public void The_log_is_shared_while_others_append_between_most_flights()
    {
        var end = 0L;
        Fly(others: 0, times: 100);
        _states.SharesLog.ShouldBeFalse();
        Fly(others: 2, times: 100);
        _states.SharesLog.ShouldBeTrue();
        Fly(others: 0, times: 100);
        _states.SharesLog.ShouldBeFalse();
        for (var i = 0; i < 50; i++)
        {
            Fly(others: 1, times: 1);
            Fly(others: 0, times: 3);
            _states.SharesLog.ShouldBeFalse();
        }

        void Fly(int others, int times)
        {
            for (var i = 0; i < times; i++)
            {
                _states.NoteFlight(end + others, events: 3);
                end += others + 3;
            }
        }
    }

    [Fact]
    public void No_more_than_some_thousand_operations_are_kept()
    {
        const int Bytes = 10_000;
        for (var i = 0; i < 2_000; i++)
            _states.Keep($"op-{i}", Operation($"op-{i}", body: new string('x', Bytes)));
        Enumerable.Range(0, 2_000).Count(i => _states.Assume($"op-{i}") is not null)
            .ShouldBeInRange(50, 2 * (8 << 20) / (5 * Bytes));
    }

    private void Load(LoadedOperation operation, int times)
    {
        for (var i = 0; i < times; i++)
            _states.NoteLoaded($"loaded-{i}", operation);
    }

    private static LoadedOperation Operation(
        string id, OperationStatus status = OperationStatus.Executing, string body = "{}")
    {
        var state = new OperationState(Document(id, status, body: body), 1, 1, []);
        return new LoadedOperation(state, OperationView.Of(state), DateTimeOffset.UnixEpoch);
    }
}
