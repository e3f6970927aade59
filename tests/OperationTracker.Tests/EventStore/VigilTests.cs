using OperationTracker.Postgres;

namespace OperationTracker.Tests.EventStore;

/// <summary>Waiting for the answer to a flight of one change, awake or not.</summary>
public sealed class VigilTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    private readonly Vigil _vigil = new();

    [Fact]
    public async Task What_the_database_answers_is_passed_on_and_so_is_a_failure()
    {
        (await _vigil.KeepAsync(Task.FromResult(1))).ShouldBe(1);
        (await _vigil.KeepAsync(Task.FromResult(2))).ShouldBe(2);
        var failed = Task.FromException<int>(new TimeoutException());
        await Should.ThrowAsync<TimeoutException>(() => _vigil.KeepAsync(failed));
        (await _vigil.KeepAsync(Task.FromResult(3))).ShouldBe(3);
    }

    [Fact]
    public async Task It_ends_by_itself_where_the_answer_takes_long_and_still_waits_for_it()
    {
        await _vigil.KeepAsync(Task.FromResult(0));
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Returns, though there is no answer, once it has lasted long enough.
        var kept = _vigil.KeepAsync(answer.Task);

        kept.IsCompleted.ShouldBeFalse();
        answer.SetResult(4);
        (await kept.WaitAsync(Soon)).ShouldBe(4);
    }
}
