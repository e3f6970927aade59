using Npgsql;
using OperationTracker.Postgres.Audit;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Projections;

/// <summary>Rebuilds that are stopped, refused or resumed, and what is left behind then.</summary>
public sealed class StoppedRebuildTests : IAsyncLifetime
{
    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

    [Fact]
    public async Task An_event_that_cannot_be_folded_stops_it_or_is_reported_with_its_place()
    {
        await _tracker.PutSomeAsync(10);
        await _tracker.ExecuteAsync("""
            update tracker.mt_events set data = '{"nonsense": 1}' where stream_id = 'op-7' and version = 2
            """);
        var position = (long)(await _tracker.ExecuteAsync(
            "select position from tracker.positions join tracker.mt_events using (seq_id) where stream_id = 'op-7'"
            + " and version = 2"))!;

        var stopped = await Should.ThrowAsync<EventFaultException>(() => _tracker.RebuildAsync());
        stopped.Fault.ShouldBe(
            stopped.Fault with { OperationId = "op-7", Version = 2, Position = position, Type = "sub_status_changed" });
        stopped.Message.ShouldNotContain("nonsense");
        (await _tracker.StatusAsync()).LastRebuild!.State.ShouldBe("failed");

        var told = new List<EventFault>();
        var result = await _tracker.RebuildAsync(
            new RebuildOptions { Resume = true, OnFault = OnEventFault.SkipAndReport }, onFault: told.Add);
        (result.Faults, told.Single()).ShouldBe((1, stopped.Fault));
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_interrupted_is_resumed_and_only_what_is_left_is_read()
    {
        await _tracker.PutSomeAsync(900);
        using var stop = new CancellationTokenSource();
        await Should.ThrowAsync<OperationCanceledException>(() => _tracker.RebuildAsync(
            new RebuildOptions { Pace = 1500, Workers = 1 },
            progress =>
            {
                if (progress.Events > 600)
                    stop.Cancel();
            },
            cancel: stop.Token));
        var status = (await _tracker.StatusAsync()).LastRebuild!;
        (status.State, status.CanBeResumed).ShouldBe(("interrupted", true));
        var done = (decimal)(await _tracker.ExecuteAsync("select sum(events) from tracker.projection_rebuild_ranges"))!;
        done.ShouldBeGreaterThan(0);
        await _tracker.Store.PutAsync(Document("op-1", note: "meanwhile"));

        var result = await _tracker.RebuildAsync(new RebuildOptions { Resume = true });

        result.Events.ShouldBe(
            (long)(await _tracker.ExecuteAsync("select sum(version)::bigint - 1 from tracker.mt_streams"))!);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
        (await _tracker.TextAsync("select count(*)::text from tracker.operations")).ShouldBe("900");
        await Should.ThrowAsync<NothingToResumeException>(
            () => _tracker.RebuildAsync(new RebuildOptions { Resume = true }));
    }

    [Fact]
    public async Task The_second_of_two_says_who_the_first_is_and_since_when()
    {
        await _tracker.PutSomeAsync(50);
        var beating = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var stop = new CancellationTokenSource();
        var first = _tracker.RebuildAsync(
            new RebuildOptions { Pace = 20 }, _ => beating.TrySetResult(), cancel: stop.Token);
        await beating.Task;

        var refused = await Should.ThrowAsync<ProjectionLockedException>(() => _tracker.RebuildAsync());

        refused.Message.ShouldContain($"on {Environment.MachineName} as process {Environment.ProcessId}");
        var status = (await _tracker.StatusAsync()).LastRebuild!;
        (status.State, status.Progress.Phase, status.IsSilent).ShouldBe(("running", "read", false));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        (await _tracker.RebuildAsync()).Phase.ShouldBe("done");
    }

    [Fact]
    public async Task Whoever_has_lost_its_lock_stops_and_writes_no_more()
    {
        await _tracker.PutSomeAsync(100);
        var beating = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _tracker.RebuildAsync(new RebuildOptions { Pace = 20 }, _ => beating.TrySetResult());
        await beating.Task;

        await _tracker.ExecuteAsync("""
            select pg_terminate_backend(pid) from pg_locks
            where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
              and mode = 'ExclusiveLock' and granted
            """);

        await Should.ThrowAsync<NpgsqlException>(() => first);
        (await _tracker.RebuildAsync()).Phase.ShouldBe("done");
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_depends_on_the_table_is_named_and_nothing_is_done()
    {
        await _tracker.PutSomeAsync(3);
        await _tracker.ExecuteAsync("create view tracker.of_mine as select operation_id from tracker.operations");

        var refused = await Should.ThrowAsync<CannotSwapException>(() => _tracker.RebuildAsync());

        refused.Message.ShouldContain("the view tracker.of_mine");
        (await _tracker.ExecuteAsync("select count(*) from tracker.of_mine")).ShouldBe(3L);
    }

    [Fact]
    public async Task What_is_redacted_while_it_is_rebuilt_or_after_it_broke_off_is_nowhere()
    {
        foreach (var secret in new[] { "first-secret", "then-secret" })
        {
            var document = Document("a-gone", note: secret);
            await _tracker.Store.PutAsync(document with { Request = document.Request with { Uri = $"/v1/{secret}" } });
        }

        await _tracker.PutSomeAsync(300);
        using var stop = new CancellationTokenSource();
        var broken = _tracker.RebuildAsync(
            new RebuildOptions { Pace = 200, Workers = 4 },
            progress =>
            {
                if (progress.Phase == "read" && progress.Streams > 200)
                    stop.Cancel();
            },
            cancel: stop.Token);
        await Should.ThrowAsync<OperationCanceledException>(() => broken);
        (await SecretsAsync("operations_rebuild")).ShouldBe(1);

        await new Redactor(_tracker.Database).RedactAsync(
            Id("a-gone"), ["/sub_status", "/request/uri"], "it held a password", "tester", default);

        string[] tables = ["operations", "past_operations"];
        foreach (var table in tables.Concat(["operations_rebuild", "past_operations_rebuild"]))
            (await SecretsAsync(table)).ShouldBe(0, table);
        await _tracker.RebuildAsync(new RebuildOptions { Resume = true });
        foreach (var table in tables)
            (await SecretsAsync(table)).ShouldBe(0, table);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
        (await _tracker.ExecuteAsync("select count(*) from tracker.past_operations where operation_id = 'a-gone'"))
            .ShouldBe(2L);

        async Task<long> SecretsAsync(string table) => (long)(await _tracker.ExecuteAsync(
            $"select count(*) from tracker.{table} t where t::text like '%secret%'"))!;
    }
}
