using OperationTracker.Core.EventStore;

namespace OperationTracker.Tests.Api;

public sealed class HealthTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_tracker_that_serves_is_live_and_ready()
    {
        await using var tracker = await ServingAsync();

        (await tracker.GetAsync("/health/live")).Text.ShouldBe("{\"live\":true}");
        var ready = await tracker.GetAsync("/health/ready");
        (ready.Status, ready.Header("Cache-Control")).ShouldBe((200, "no-store"));
        ready.Text.ShouldMatchApproved("ready.json");
    }

    [Fact]
    public async Task A_tracker_whose_database_is_away_is_live_and_says_what_is_wrong()
    {
        await using var tracker = await TrackerServer.StartAsync(
            "Host=127.0.0.1;Port=1;Username=x;Password=secret", serves: false);
        await Eventually.BeTrueAsync(
            () => tracker.Readiness.NotServing is { Failure: StoreFailure.Unreachable }, Soon,
            "the database is missed");

        (await tracker.GetAsync("/health/live")).Status.ShouldBe(200);
        var ready = await tracker.GetAsync("/health/ready");
        ready.Status.ShouldBe(503);
        ready.Text.ShouldMatchApproved("ready-without-database.json");
        tracker.Log.Lines.ShouldNotContain(line => line.Contains("secret"));
    }

    [Fact]
    public async Task A_tracker_that_is_stopping_is_not_ready_and_goes_on_to_serve()
    {
        await using var tracker = await ServingAsync();
        tracker.Readiness.Stopping = true;

        var ready = await tracker.GetAsync("/health/ready");
        ready.Status.ShouldBe(503);
        ready.Text.ShouldMatchApproved("ready-stopping.json");
        (await tracker.PutAsync("a", Sample.Document("a"))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_database_that_comes_back_makes_the_tracker_ready_without_a_restart()
    {
        await using var tracker = await ServingAsync();
        await tracker.ExecuteAsync($"alter table tracker.operations rename to gone");
        (await tracker.GetAsync("/v1/operations/a")).Status.ShouldBe(500);
        await tracker.ExecuteAsync($"alter table tracker.gone rename to operations");

        (await tracker.GetAsync("/v1/operations/a")).Status.ShouldBe(404);
        (await tracker.GetAsync("/health/ready")).Status.ShouldBe(200);
    }

    private static async Task<TrackerServer> ServingAsync()
    {
        var tracker = new TrackerServer();
        await tracker.InitializeAsync();
        return tracker;
    }
}
