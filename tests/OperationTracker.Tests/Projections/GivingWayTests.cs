using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OperationTracker.Postgres.Audit;
using OperationTracker.Postgres.Bundle;
using OperationTracker.Postgres.Projections;
using OperationTracker.Tests.EventStore;

namespace OperationTracker.Tests.Projections;

/// <summary>What a rebuild leaves to those who serve: a processor, and the disk.</summary>
public sealed class GivingWayTests : IAsyncLifetime
{
    private static readonly TimeSpan Piece = TimeSpan.FromMilliseconds(30);

    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

    [Fact]
    public async Task Pieces_are_done_one_at_a_time_while_somebody_else_is_at_work_and_together_while_nobody_is()
    {
        using var giveWay = new GiveWay(_tracker.Database, TimeProvider.System);

        (await MostAtOnceAsync(giveWay)).ShouldBe(2);
        await using (await BeAtWorkAsync())
        {
            await using var connection = await _tracker.Database.OpenMaintenanceAsync(default);
            (await giveWay.LookAsync(connection, default)).ShouldBeTrue();
            (await MostAtOnceAsync(giveWay)).ShouldBe(1);
        }

        giveWay.IsBusy.ShouldBeTrue("somebody was a moment ago");
        await using var quiet = await _tracker.Database.OpenMaintenanceAsync(default);
        for (var look = 0; look < GiveWay.Looks; look++)
            (await giveWay.LookAsync(quiet, default)).ShouldBeFalse();
        giveWay.IsBusy.ShouldBeFalse();
        (await MostAtOnceAsync(giveWay)).ShouldBe(2);
    }

    [Fact]
    public async Task Whoever_failed_leaves_the_turn_to_the_next()
    {
        using var giveWay = new GiveWay(_tracker.Database, TimeProvider.System);
        await using var work = await BeAtWorkAsync();
        await using var connection = await _tracker.Database.OpenMaintenanceAsync(default);
        await giveWay.LookAsync(connection, default);

        await Should.ThrowAsync<InvalidOperationException>(
            () => giveWay.DoAsync<int>(connection, 0, () => throw new InvalidOperationException(), default));

        (await giveWay.DoAsync(connection, 0, () => Task.FromResult(7), default).WaitAsync(TimeSpan.FromSeconds(5)))
            .ShouldBe(7);
    }

    [Fact]
    public async Task Whoever_verifies_the_record_rests_while_somebody_else_is_at_work()
    {
        await _tracker.PutSomeAsync(20);
        var clock = new RestingClock();
        await using var work = await BeAtWorkAsync();

        var report = await new AuditVerification(_tracker.Database, clock).VerifyAsync([], default);

        report.Findings.ShouldBeEmpty();
        report.Events.ShouldBe(report.Size);
        clock.Rests.ShouldBe(2, "One after the page of the streams, one after that of the log");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whoever_exports_rests_while_somebody_else_is_at_work(bool isAll)
    {
        await _tracker.PutSomeAsync(20);
        var head = await new AuditProofs(_tracker.Database).CheckpointAsync("test", DateTimeOffset.UtcNow, default);
        var clock = new RestingClock();
        var directory = TestDirectory.Create("giving-way");
        var selection = new BundleSelection { Ids = isAll ? [] : [.. Enumerable.Range(0, 20).Select(i => $"op-{i}")] };
        await using var work = await BeAtWorkAsync();

        var events = await new BundleExport(
            _tracker.Database, clock, Path.Combine(directory, "all.optrack.tar"), "tester",
            new Dictionary<string, byte[]>(), null).RunAsync(selection, head.ToText(), default);

        events.ShouldBe(head.Size);
        clock.Rests.ShouldBe(2, "One after the page of the events, one after that of the operations");
        TestDirectory.Delete(directory);
    }

    [Fact]
    public async Task What_was_replaced_is_dropped_when_nobody_is_at_work()
    {
        await _tracker.PutSomeAsync(20);
        await using var watch = NewWatch();
        await using (await BeAtWorkAsync())
        {
            await _tracker.RebuildAsync();
            await watch.LookAsync(default);
            (await ReplacedAsync()).ShouldBe(2);
        }

        await watch.LookAsync(default);

        (await ReplacedAsync()).ShouldBe(0);
        await _tracker.RebuildAsync();
        (await ReplacedAsync()).ShouldBe(0, "nobody was at work");
    }

    [Fact]
    public async Task What_was_replaced_is_dropped_after_an_hour_though_somebody_always_is_at_work()
    {
        await _tracker.PutSomeAsync(20);
        await using var watch = NewWatch();
        await using var work = await BeAtWorkAsync();
        await _tracker.RebuildAsync();
        await _tracker.ExecuteAsync(
            "update tracker.projection_rebuilds set finished_at = finished_at - interval '61 minutes'");

        await watch.LookAsync(default);

        (await ReplacedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_left_of_one_rebuild_does_not_stand_in_the_way_of_the_next()
    {
        await _tracker.PutSomeAsync(20);
        await using var work = await BeAtWorkAsync();

        for (var time = 0; time < 3; time++)
            (await _tracker.RebuildAsync()).Phase.ShouldBe("done");

        (await ReplacedAsync()).ShouldBe(2);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    private ProjectionWatch NewWatch() =>
        new(_tracker.Database, 0, TimeProvider.System, NullLogger<ProjectionWatch>.Instance);

    private async Task<long> ReplacedAsync() => (long)(await _tracker.ExecuteAsync(
        "select count(*) from pg_class where relname in ('operations_replaced', 'past_operations_replaced')"))!;

    private async Task<int> MostAtOnceAsync(GiveWay giveWay)
    {
        await using var one = await _tracker.Database.OpenMaintenanceAsync(default);
        await using var other = await _tracker.Database.OpenMaintenanceAsync(default);
        var (now, most) = (0, 0);
        await Task.WhenAll(Task.Run(() => WorkAsync(one)), Task.Run(() => WorkAsync(other)))
            .WaitAsync(TimeSpan.FromSeconds(20));
        return most;

        async Task WorkAsync(NpgsqlConnection connection)
        {
            for (var piece = 0; piece < 10; piece++)
            {
                await giveWay.DoAsync(connection, 0, async () =>
                {
                    lock (giveWay)
                        most = Math.Max(most, ++now);
                    await Task.Delay(Piece);
                    lock (giveWay)
                        now--;
                    return 0;
                }, default);
            }
        }
    }

    /// <summary>Somebody with a statement under way, until it is disposed of.</summary>
    private async Task<IAsyncDisposable> BeAtWorkAsync()
    {
        var connection = new NpgsqlConnection(_tracker.ConnectionString);
        await connection.OpenAsync();
        var command = new NpgsqlCommand("select pg_sleep(60)", connection);
        var work = new AtWork(connection, command, command.ExecuteNonQueryAsync());
        var waited = Stopwatch.StartNew();
        while (await _tracker.ExecuteAsync(
            $"select true from pg_stat_activity where pid = {connection.ProcessID} and wait_event = 'PgSleep'") is null)
        {
            waited.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20), "the statement is not run");
            await Task.Delay(5);
        }

        return work;
    }

    /// <summary>Counts what is waited for by it.</summary>
    private sealed class RestingClock : TimeProvider
    {
        private int _rests;

        public int Rests => _rests;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _rests);
            return base.CreateTimer(callback, state, dueTime, period);
        }
    }

    private sealed class AtWork(NpgsqlConnection connection, NpgsqlCommand command, Task work) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            command.Cancel();
            await Should.ThrowAsync<OperationCanceledException>(work).WaitAsync(TimeSpan.FromSeconds(5));
            await command.DisposeAsync();
            await connection.DisposeAsync();
        }
    }
}
