using OperationTracker.Benchmarks.Load;

namespace OperationTracker.Tests.Benchmarks;

[Collection(RunsAlone.Name)]
public class LoadGeneratorTests
{
    private static readonly TimeSpan Standstill = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task An_open_loop_tells_a_standstill_in_all_requests_that_were_due_in_it()
    {
        var result = await RunAsync(rate: 300, standstillAt: 60);

        result.Statuses.ShouldBe(new SortedDictionary<int, long> { [200] = 300 });
        result.Unanswered.ShouldBe(0);
        // Four of ten requests were due in the standstill, and one of ten waited for three quarters of it.
        result.Latency.P90.ShouldBeGreaterThan(200);
        result.Latency.Max.ShouldBeGreaterThanOrEqualTo(0.9 * Standstill.TotalMilliseconds);
    }

    [Fact]
    public async Task A_closed_loop_tells_it_in_those_under_way_only()
    {
        var result = await RunAsync(rate: null, standstillAt: 60);

        result.Latency.P90.ShouldBeLessThan(100);
        result.Latency.Max.ShouldBeGreaterThanOrEqualTo(0.9 * Standstill.TotalMilliseconds);
    }

    [Fact]
    public void Percentiles_are_of_the_latencies_themselves()
    {
        var latencies = Enumerable.Range(1, 1000).Select(number => number * TimeSpan.TicksPerMillisecond).Reverse();

        LatencySummary.Of([.. latencies]).ShouldBe(new LatencySummary(500, 900, 950, 990, 999, 1000));
        LatencySummary.Of([]).ShouldBe(new LatencySummary(0, 0, 0, 0, 0, 0));
    }

    [Fact]
    public void A_step_of_an_operation_waits_for_the_one_before()
    {
        const int Block = 512;
        var workload = new PutWorkload(documentBytes: 1024, first: 1);
        var request = new byte[workload.LargestRequest];
        for (var i = 0; i < Block; i++)
            workload.TryNext(request, out _).ShouldBeGreaterThan(0);

        workload.TryNext(request, out var second).ShouldBe(0);
        workload.Complete(second - Block);

        workload.TryNext(request, out _).ShouldBeGreaterThan(0);
    }

    /// <summary>On a thread of its own: it never yields, and the server needs those of the pool.</summary>
    private static async Task<LoadResult> RunAsync(double? rate, int standstillAt)
    {
        using var server = new StallingServer(standstillAt, Standstill);
        var plan = new LoadPlan(
            [server.Address], Connections: 4, rate, WarmUp: TimeSpan.Zero, Duration, Until: null,
            new Dictionary<string, int[]>());
        using var generator = new LoadGenerator(plan, new GetWorkload(["/"]));
        return await Task.Factory.StartNew(
            generator.Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
