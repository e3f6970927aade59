using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.Projections;

namespace OperationTracker.Tests.Api;

public sealed class GetProjectionTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    [Fact]
    public async Task A_projection_tells_how_it_stands_and_what_became_of_its_last_rebuild()
    {
        await tracker.PutAsync("a", Sample.Document("a"));
        (await ReadAsync()).TryGetProperty("rebuild", out _).ShouldBeFalse();

        await tracker.Services.GetRequiredService<TrackerDatabase>().RebuildAsync();

        var state = await ReadAsync();
        state.GetProperty("is_of_this_build").GetBoolean().ShouldBeTrue();
        state.GetProperty("position").GetInt64().ShouldBeGreaterThan(0);
        var rebuild = state.GetProperty("rebuild");
        (rebuild.GetProperty("state").GetString(), rebuild.GetProperty("progress").GetProperty("phase").GetString())
            .ShouldBe(("done", "done"));
        rebuild.GetProperty("lock_ms").GetDouble().ShouldBeGreaterThan(0);
        (await tracker.GetAsync("/v1/operations/a")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task Another_name_is_not_found()
    {
        (await tracker.GetAsync("/v1/projections/none")).Status.ShouldBe(404);
        (await tracker.GetAsync("/v1/projections/OPERATIONS")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_view_that_drifts_turns_the_readiness_detail_and_the_node_serves_on()
    {
        await tracker.PutAsync("drifting", Sample.Document("drifting"));
        var watch = tracker.Services.GetRequiredService<ProjectionWatch>();
        await RoundAsync();
        (await ReadyAsync()).ShouldBe((200, true, "as its events tell, in all views looked at"));
        await tracker.ExecuteAsync("update tracker.operations set status = 'failed' where operation_id = 'drifting'");
        var drifts = 0L;
        using var listener = new System.Diagnostics.Metrics.MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "optrack.projection.views.drifted")
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, measured, _, _) => drifts += measured);
        listener.Start();

        await RoundAsync();

        (await ReadyAsync()).ShouldBe(
            (200, false, "1 views differ from their events: see optrack projections verify, and heal"));
        listener.RecordObservableInstruments();
        drifts.ShouldBe(1);
        tracker.Log.Lines.ShouldContain(line => line.Contains("The view of operation drifting is not the fold"));
        await new ViewRepair(
            tracker.Services.GetRequiredService<TrackerDatabase>(), new RebuildOptions(),
            TimeProvider.System, "heal", "x")
            .RunAsync(["drifting"], _ => { }, _ => { }, default);
        await RoundAsync();
        (await ReadyAsync()).ShouldBe((200, true, "as its events tell, in all views looked at"));

        // Whatever is first in turn: streams or views, from wherever the walk began.
        async Task RoundAsync()
        {
            for (var i = 0; i < 4; i++)
                await watch.LookAsync(default);
        }
    }

    [Fact]
    public async Task A_table_that_another_fold_has_built_is_told_at_start()
    {
        await using var first = new TrackerServer();
        await first.InitializeAsync();
        await first.PutAsync("a", Sample.Document("a"));
        await first.ExecuteAsync("update tracker.projections set fingerprint = 'operations-0'");

        await using var next = await TrackerServer.StartAsync(first.ConnectionString);

        next.Log.Lines.ShouldContain(line => line.Contains("was built by the fold operations-0"));
        (await next.GetAsync("/health/ready")).Text.ShouldContain(
            "built by operations-0, and this build folds by operations-1");
    }

    private async Task<JsonElement> ReadAsync()
    {
        var answer = await tracker.GetAsync("/v1/projections/operations");
        answer.Status.ShouldBe(200);
        return JsonDocument.Parse(answer.Body).RootElement;
    }

    private async Task<(int Status, bool Ok, string Detail)> ReadyAsync()
    {
        var answer = await tracker.GetAsync("/health/ready");
        var check = JsonDocument.Parse(answer.Body).RootElement.GetProperty("checks").EnumerateArray()
            .Single(one => one.GetProperty("name").GetString() == "projection");
        return (answer.Status, check.GetProperty("ok").GetBoolean(), check.GetProperty("detail").GetString()!);
    }
}
