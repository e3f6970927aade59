using System.Diagnostics;
using System.Text;
using Npgsql;
using OperationTracker.Core.EventStore;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Projections;
using OperationTracker.Postgres.Schema;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Projections;

/// <summary>A rebuild of the whole table, beside its readers and writers.</summary>
public sealed class ProjectionRebuildTests : IAsyncLifetime
{
    private TrackerFixture _tracker = null!;

    public async Task InitializeAsync() => _tracker = await TrackerFixture.CreateAsync();

    public async Task DisposeAsync() => await _tracker.DisposeAsync();

    [Fact]
    public async Task The_rebuilt_table_is_the_live_one_to_the_byte_and_so_is_the_schema()
    {
        await _tracker.PutSomeAsync(60);
        await _tracker.ExecuteAsync("""
            grant select on tracker.operations to public;
            comment on index tracker.ix_operations_list is 'the list';
            create index mine on tracker.operations (request_uri) where status = 'failed'
            """);
        var before = await _tracker.TablesAsync();
        var settings = await SettingsAsync();

        var result = await _tracker.RebuildAsync();

        (result.Phase, result.Streams, result.Rows, result.Faults).ShouldBe(("done", 60, 60, 0));
        (await _tracker.TablesAsync()).ShouldBe(before);
        (await SettingsAsync()).ShouldBe(settings);
        (await new SchemaValidation(_tracker.Database).FindDifferencesAsync(default))
            .ShouldBe(["unexpected: operations: index CREATE INDEX mine ON {schema}.operations USING btree"
                + " (request_uri) WHERE (status = 'failed'::text)"]);
        await StoreInvariants.CheckAsync(_tracker.Database);
        (await _tracker.Store.PutAsync(Document("op-1", note: "after"))).View.Text().ShouldContain("after");
    }

    [Fact]
    public async Task Nothing_rebuilds_to_nothing()
    {
        var result = await _tracker.RebuildAsync();

        (result.Phase, result.Streams, result.Events, result.Rows).ShouldBe(("done", 0, 0, 0));
        (await _tracker.Store.PutAsync(Document("a"))).LastVersion.ShouldBe(1);
        (await new SchemaValidation(_tracker.Database).FindDifferencesAsync(default)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Readers_and_writers_of_two_nodes_see_every_acknowledged_put_while_it_is_rebuilt_again_and_again()
    {
        await _tracker.PutSomeAsync(300);
        await using var other = new TrackerDatabase(_tracker.ConnectionString, _tracker.Database.Schema);
        await using var node = TrackerFixture.NewStore(other);
        using var stop = new CancellationTokenSource();
        var puts = 0;
        var writers = Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var id = writer % 2 == 0 ? $"op-{(writer * 40) + (i % 40)}" : $"new-{writer}-{i}";
                var note = $"{writer}.{i}";
                var put = await (i % 2 == 0 ? _tracker.Store : node).PutAsync(Document(id, note: note));
                foreach (var store in new[] { node, _tracker.Store })
                    (await store.FindAsync(Id(id), null, default)).Text().ShouldBe(put.View.Text());
                var after = new ListPosition("20261120_090000", id[..^1]);
                var listed = (await node.ListAsync(new OperationListQuery(OperationFilter.None, after, 500), default))
                    .Single(item => item.OperationId == id);
                Encoding.UTF8.GetString(listed.Document.Span).ShouldBe(put.View.Text());
                Interlocked.Increment(ref puts);
            }
        })).ToArray();

        for (var round = 0; round < 4; round++)
            (await _tracker.RebuildAsync()).Phase.ShouldBe("done");

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        puts.ShouldBeGreaterThan(50);
        await StoreInvariants.CheckAsync(_tracker.Database);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
        var before = await _tracker.TablesAsync();
        await _tracker.RebuildAsync();
        (await _tracker.TablesAsync()).ShouldBe(
            before, "the views written live and those that were folded are the same");
        (await _tracker.ExecuteAsync("select max(lock_ms) from tracker.projection_rebuilds"))
            .ShouldBeOfType<double>().ShouldBeLessThan(200);
    }

    [Fact]
    public async Task A_log_that_never_rests_is_swapped_in_while_the_append_lock_is_held()
    {
        await _tracker.PutSomeAsync(50);
        using var stop = new CancellationTokenSource();
        // So that each attempt finds something changed.
        var writers = Enumerable.Range(0, 32).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await _tracker.Store.PutAsync(Document($"op-{writer}", note: $"{i}"));
        })).ToArray();

        (await _tracker.RebuildAsync()).Phase.ShouldBe("done");

        await stop.CancelAsync();
        await Task.WhenAll(writers);
        await StoreInvariants.CheckAsync(_tracker.Database);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("select count(*) from tracker.operations")]
    // As a vacuum holds it.
    [InlineData("lock table tracker.operations in share update exclusive mode")]
    public async Task Whoever_holds_the_table_makes_the_swap_wait_and_nobody_else(string held)
    {
        await _tracker.PutSomeAsync(30);
        await using var reader = new NpgsqlConnection(_tracker.ConnectionString);
        await reader.OpenAsync();
        var reading = await reader.BeginTransactionAsync();
        await using (var read = new NpgsqlCommand(held, reader))
            await read.ExecuteNonQueryAsync();
        var waited = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var rebuild = _tracker.RebuildAsync(onProgress: progress =>
        {
            if (progress is { Phase: "swap", Detail: not null })
                waited.TrySetResult(progress.Detail);
        });

        (await waited.Task.WaitAsync(TimeSpan.FromSeconds(20))).ShouldStartWith("waits for ");
        var slowest = TimeSpan.Zero;
        for (var i = 0; i < 20; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await _tracker.Store.PutAsync(Document("op-1", note: $"{i}"));
            (await _tracker.Store.FindAsync(Id("op-1"), null, default)).Text().ShouldContain($"\"{i}\"");
            var took = Stopwatch.GetElapsedTime(started);
            slowest = took > slowest ? took : slowest;
        }

        rebuild.IsCompleted.ShouldBeFalse();
        slowest.ShouldBeLessThan(TimeSpan.FromSeconds(1));
        await reading.DisposeAsync();
        (await rebuild).Phase.ShouldBe("done");
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_of_other_applications_are_in_it_whenever_they_were_appended()
    {
        await _tracker.PutSomeAsync(40);
        var foreign = new ForeignWriter(_tracker.ConnectionString);
        await foreign.AppendAsync("op-3", 2);
        await foreign.AppendAsync("theirs", 3);
        await foreign.AppendAsync(
            "op-4", 1, "sub_status_changed", """{"last_update_time": "20261120_100000", "sub_status": "seen"}""");
        using var stop = new CancellationTokenSource();
        var appending = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                await foreign.AppendAsync(
                    $"op-{5 + (i % 20)}", 1, "sub_status_changed",
                    $$"""{"last_update_time": "20261120_100000", "sub_status": "foreign {{i}}"}""");
                await _tracker.Store.SweepAsync(default);
            }
        });

        (await _tracker.RebuildAsync()).Phase.ShouldBe("done");

        await stop.CancelAsync();
        await appending;
        while (await _tracker.Store.SweepAsync(default))
        {
        }

        (await _tracker.Store.FindAsync(Id("op-4"), null, default)).Text().ShouldContain("seen");
        await StoreInvariants.CheckAsync(_tracker.Database);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_stream_of_many_events_is_one_row_and_its_past()
    {
        await _tracker.Store.PutAsync(Document("long"));
        await _tracker.ExecuteAsync("""
            insert into tracker.mt_events (seq_id, id, stream_id, version, data, type, timestamp)
            select nextval('tracker.mt_events_sequence'), gen_random_uuid(), 'long', n,
                   jsonb_build_object('last_update_time', '20261120_100000', 'sub_status', n::text),
                   'sub_status_changed', now() + n * interval '1 ms'
            from generate_series(2, 8001) as n;
            update tracker.mt_streams set version = 8001 where id = 'long'
            """);
        while (await _tracker.Store.SweepAsync(default))
        {
        }

        var result = await _tracker.RebuildAsync();

        (result.Events, result.Rows).ShouldBe((8_001, 1));
        (await _tracker.Store.FindAsync(Id("long"), null, default)).Text().ShouldContain("8001");
        (await _tracker.ExecuteAsync("select count(*) from tracker.past_operations where valid_from < valid_to"))
            .ShouldBe(8_000L);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_long_stream_that_never_rests_is_folded_on_and_not_anew()
    {
        await _tracker.Store.PutAsync(Document("long"));
        await _tracker.ExecuteAsync("""
            insert into tracker.mt_events (seq_id, id, stream_id, version, data, type, timestamp)
            select nextval('tracker.mt_events_sequence'), gen_random_uuid(), 'long', n,
                   jsonb_build_object('last_update_time', '20261120_100000', 'sub_status', n::text),
                   'sub_status_changed', now() + n * interval '1 us'
            from generate_series(2, 8001) as n;
            update tracker.mt_streams set version = 8001 where id = 'long'
            """);
        while (await _tracker.Store.SweepAsync(default))
        {
        }

        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
                await _tracker.Store.PutAsync(Document("long", note: $"busy {i}"));
        });

        (await _tracker.RebuildAsync()).Phase.ShouldBe("done");

        await stop.CancelAsync();
        await writing;
        await StoreInvariants.CheckAsync(_tracker.Database);
        (await _tracker.FindDifferencesAsync()).ShouldBeEmpty();
        var past = await _tracker.TextAsync(Past);
        await _tracker.RebuildAsync();
        (await _tracker.TextAsync(Past)).ShouldBe(past);
    }

    private const string Past =
        "select md5(string_agg(p::text, '' order by valid_from)) || count(*) from tracker.past_operations p";

    [Fact]
    public async Task A_fold_of_another_version_marks_the_table_as_its_own()
    {
        await _tracker.Store.PutAsync(Document("a"));
        await _tracker.ExecuteAsync("update tracker.projections set fingerprint = 'operations-0'");
        (await _tracker.StatusAsync()).IsOfThisBuild.ShouldBeFalse();

        await _tracker.RebuildAsync();

        (await _tracker.StatusAsync()).IsOfThisBuild.ShouldBeTrue();
        (await _tracker.TextAsync("select command from tracker.admin_log")).ShouldBe("projections rebuild");
    }

    /// <summary>What the catalog says of the tables beside their columns.</summary>
    private Task<string> SettingsAsync() => _tracker.TextAsync("""
        select string_agg(format('%s|%s|%s|%s|%s', c.relname, c.relacl, c.reloptions,
                                 obj_description(c.oid, 'pg_class'), pg_get_userbyid(c.relowner)),
                          E'\n' order by c.relname)
               || (select string_agg(format('%s %s %s %s', a.attname, a.attstorage, a.attcompression,
                                            col_description(a.attrelid, a.attnum)), E'\n' order by c.relname, a.attnum)
                   from pg_attribute a join pg_class c on c.oid = a.attrelid
                   where c.oid in ('tracker.operations'::regclass, 'tracker.past_operations'::regclass)
                     and a.attnum > 0)
               || (select string_agg(format('%s %s %s', conname, contype, conrelid::regclass), E'\n' order by conname)
                   from pg_constraint where connamespace = 'tracker'::regnamespace)
        from pg_class c where c.relnamespace = 'tracker'::regnamespace
          and c.relkind in ('r', 'i') and c.relname like '%operations%'
        """);
}
