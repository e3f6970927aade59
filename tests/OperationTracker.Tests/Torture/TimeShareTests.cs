using OperationTracker.Torture;

namespace OperationTracker.Tests.Torture;

public sealed class TimeShareTests
{
    private readonly HandClock _clock = new();

    [Fact]
    public async Task Work_of_a_second_is_due_again_when_it_takes_a_tenth_of_the_time()
    {
        var share = new TimeShare(0.1, _clock);
        share.IsDue.ShouldBeTrue("nothing was done yet");

        await share.RunAsync(() => WorkAsync(seconds: 1));
        _clock.Pass(8.9);
        share.IsDue.ShouldBeFalse();
        _clock.Pass(0.2);
        share.IsDue.ShouldBeTrue();
    }

    [Fact]
    public async Task Work_that_fails_has_taken_its_time_too()
    {
        var share = new TimeShare(0.5, _clock);
        await Should.ThrowAsync<IOException>(() => share.RunAsync(async () =>
        {
            await WorkAsync(seconds: 10);
            throw new IOException();
        }));
        share.IsDue.ShouldBeFalse();
    }

    private Task WorkAsync(double seconds)
    {
        _clock.Pass(seconds);
        return Task.CompletedTask;
    }
}
