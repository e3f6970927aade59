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
    public async Task It_ends_by_itself_and_the_thread_goes_on_with_what_else_there_is()
    {
        await _vigil.KeepAsync(Task.FromResult(0));
        var answer = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Returns, though there is no answer, once it has lasted long enough.
        var kept = _vigil.KeepAsync(answer.Task);

        kept.IsCompleted.ShouldBeFalse();
        answer.SetResult(4);
        (await kept.WaitAsync(Soon)).ShouldBe(4);
    }

    [Fact]
    public async Task An_answer_that_needs_every_thread_comes_while_it_is_kept()
    {
        await _vigil.KeepAsync(Task.FromResult(0));
        for (var round = 0; round < 200; round++)
        {
            var others = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => Task.Run(() => 1));
            var kept = _vigil.KeepAsync(Task.WhenAll(others));
            (await kept.WaitAsync(Soon)).Sum().ShouldBe(2 * Environment.ProcessorCount);
        }
    }
}
