using OperationTracker.Torture;
using OperationTracker.Torture.Faults;
using OperationTracker.Torture.Trials;
using Xunit.Abstractions;

namespace OperationTracker.Tests.Torture;

/// <summary>The torture in small. For more: <c>eng/torture --minutes N</c>.</summary>
[Collection(RunsAlone.Name)]
public sealed class TortureTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Killed_and_cut_off_two_nodes_lose_nothing_that_they_acknowledged()
    {
        var figures = await RunAsync(new TortureOptions { Round = TimeSpan.FromSeconds(10), Seed = 4711 });

        figures.Violations.ShouldBeEmpty();
        figures.Kills.ShouldBeGreaterThanOrEqualTo(1, "else it did not bite");
        figures.UnknownPuts.ShouldBeGreaterThan(0, "else it did not bite");
        figures.AcknowledgedPuts.ShouldBeGreaterThan(100);
        figures.Events.ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task A_tracker_that_acknowledges_what_it_does_not_write_is_found_out()
    {
        var figures = await RunAsync(new TortureOptions
        {
            Round = TimeSpan.FromSeconds(3), Seed = 4711, Faults = [], Plant = PlantedBug.AcknowledgedOnly,
        });

        figures.Violations.Select(violation => violation.Checker).ShouldContain("ledger");
    }

    [Fact]
    public void The_run_before_a_release_has_every_trial_and_every_planted_bug()
    {
        var words = File.ReadAllText(Path.Combine(Repository.Root, "eng", "torture")).Split([' ', ';', '\n']);

        Enum.GetNames<TrialKind>().Concat(Enum.GetNames<PlantedBug>()).Select(Words.Hyphenated).Except(words)
            .ShouldBeEmpty();
    }

    private async Task<Figures> RunAsync(TortureOptions options)
    {
        var figures = await TortureRun.RunAsync(
            options with { Time = options.Round, Directory = TestDirectory.Create("torture") },
            output.WriteLine, default);
        output.WriteLine(figures.ToString());
        return figures;
    }
}
