using OperationTracker.Torture;
using OperationTracker.Torture.Trials;

namespace OperationTracker.Tests.Torture;

public sealed class TortureOptionsTests
{
    [Fact]
    public void A_trial_is_the_first_word()
    {
        var options = TortureOptions.Parse(["power-loss", "--count", "20", "--seed", "7"]);

        (options.Trial, options.Count, options.Seed).ShouldBe((TrialKind.PowerLoss, 20, 7));
    }

    [Fact]
    public void Without_a_word_it_is_the_mixed_run() => TortureOptions.Parse(["--minutes", "2"]).Trial.ShouldBeNull();

    [Fact]
    public void An_unknown_trial_is_told_with_those_that_there_are() =>
        Should.Throw<ArgumentException>(() => TortureOptions.Parse(["power-cut"])).Message
            .ShouldStartWith("power-cut is none of lost-answers power-loss full-disk");
}
