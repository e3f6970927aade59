using System.Collections.Concurrent;
using System.Diagnostics;
using OperationTracker.Tests.Operations;
using Xunit.Abstractions;

namespace OperationTracker.Tests.Interleavings;

/// <summary>
/// The service, the append queue and the plan of flights, under orders of events that a seed decides. OPTRACK_SEED
/// takes other orders, OPTRACK_CASES more of them: five for each case, so that 20,000 cases are 100,000 orders.
/// </summary>
[Collection(RunsAlone.Name)]
public sealed class InterleavingTests(ITestOutputHelper output)
{
    private const int Threads = 2;
    private const int PlantedOrders = 200;

    [Fact]
    public void In_whatever_order_things_happen_each_change_stands_as_it_was_told()
    {
        var (first, count) = (Law.FirstSeed, Law.Cases * 5);
        var time = Stopwatch.StartNew();
        var came = new ConcurrentDictionary<string, int>();

        var faults = Explore(first, count, StoreBug.None, run =>
        {
            came.AddOrUpdate("steps", run.Steps.Count, (_, sum) => sum + run.Steps.Count);
            foreach (var step in run.Steps)
                came.AddOrUpdate(step[(step.IndexOf(' ') + 1)..], 1, (_, sum) => sum + 1);
            foreach (var deed in run.Deeds) came.AddOrUpdate($"{deed.Came}", 1, (_, sum) => sum + 1);
        });

        output.WriteLine($"{count} orders from seed {first} on in {time.Elapsed}");
        foreach (var (what, times) in came.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            output.WriteLine($"{times,9} {what}");
        if (faults.Count > 0)
            Assert.Fail($"seed {faults[0].Seed}: {faults[0].Fault}\n{Interleaving.Run(faults[0].Seed)}");
        // Orders in which nothing happens to anybody test nothing.
        foreach (var outcome in Enum.GetNames<Came>().Skip(1))
            came.GetValueOrDefault(outcome).ShouldBeGreaterThan(count / 50, outcome);
        came.GetValueOrDefault("the lock is free").ShouldBeGreaterThan(count / 50);
    }

    [Fact]
    public void A_seed_repeats_a_run_step_by_step()
    {
        for (var seed = Law.FirstSeed; seed < Law.FirstSeed + 200; seed++)
            $"{Interleaving.Run(seed)}".ShouldBe($"{Interleaving.Run(seed)}");
    }

    [Theory]
    [InlineData(StoreBug.NoVersionCheck)]
    [InlineData(StoreBug.DecidesUponOldState)]
    [InlineData(StoreBug.SendsAgain)]
    [InlineData(StoreBug.AcknowledgesFailure)]
    [InlineData(StoreBug.StaleRead)]
    [InlineData(StoreBug.DirtyRead)]
    internal void A_planted_bug_is_found_and_its_seed_finds_it_again(StoreBug bug)
    {
        var faults = Explore(Law.FirstSeed, PlantedOrders, bug, _ => { });

        faults.ShouldNotBeEmpty();
        output.WriteLine($"{faults.Count} of {PlantedOrders} orders show it; seed {faults[0].Seed}: {faults[0].Fault}");
        InterleavingCheck.FaultOf(Interleaving.Run(faults[0].Seed, bug)).ShouldBe(faults[0].Fault);
    }

    /// <summary>
    /// Runs on threads of its own: what a step sets off runs in it, and the pool has to be free for the clients.
    /// </summary>
    private static List<(int Seed, string Fault)> Explore(int first, int count, StoreBug bug, Action<Interleaving> look)
    {
        var faults = new ConcurrentBag<(int Seed, string Fault)>();
        var next = first - 1;
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            while (Interlocked.Increment(ref next) is var seed && seed < first + count)
            {
                var run = Interleaving.Run(seed, bug);
                look(run);
                if (InterleavingCheck.FaultOf(run) is { } fault) faults.Add((seed, fault));
            }
        }))];
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        return [.. faults.OrderBy(fault => fault.Seed)];
    }
}
