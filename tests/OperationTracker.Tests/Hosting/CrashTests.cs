using System.Runtime.Versioning;
using OperationTracker.Tests.Api;
using Xunit.Abstractions;

namespace OperationTracker.Tests.Hosting;

[SupportedOSPlatform("linux")]
[Collection(RunsAlone.Name)]
public sealed class CrashTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Kills = 20;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly string _directory = TestDirectory.Create("crash");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => ServeTests.EndAsync(_directory);

    [Fact]
    public async Task Killed_under_load_twenty_times_it_loses_nothing_and_leaves_no_server_behind()
    {
        var ledger = new Ledger();
        var random = new Random(4711);
        for (var kill = 0; kill < Kills; kill++)
        {
            using var tracker = await TrackerProcess.ReadyAsync("--data", _directory);
            TrackerProcess.Postmasters(_directory).Count.ShouldBe(1, $"after kill {kill}");
            (await ledger.CheckAsync(tracker)).ShouldBeEmpty($"after kill {kill}");
            var before = ledger.Acknowledged;
            var load = ledger.LoadAsync(tracker, writers: 8, default);
            await Eventually.BeTrueAsync(
                () => ledger.Acknowledged > before + random.Next(20, 300), Soon, "there is load");

            tracker.Kill();
            await load;
        }

        using var last = await TrackerProcess.ReadyAsync("--data", _directory);
        TrackerProcess.Postmasters(_directory).Count.ShouldBe(1);
        (await ledger.CheckAsync(last)).ShouldBeEmpty();
        ledger.Unexpected.ShouldBeEmpty();
        last.Terminate();
        (await last.EndAsync()).ShouldBe(0);
        TrackerProcess.Postmasters(_directory).ShouldBeEmpty();
        output.WriteLine($"{Kills} kills, {ledger.Acknowledged} acknowledged");
    }
}
