using Npgsql;
using OperationTracker.Core.Operations;
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
        await SomeOperationsAsync(60);
        await _tracker.ExecuteAsync("""
            grant select on tracker.operations to public;
            comment on index tracker.ix_operations_list is 'the list';
            create index mine on tracker.operations (request_uri) where status = 'failed'
            """);
        var before = await TablesAsync();
        var settings = await SettingsAsync();

        var result = await _tracker.RebuildAsync();

        (result.Phase, result.Streams, result.Rows, result.Faults).ShouldBe(("done", 60, 60, 0));
        (await TablesAsync()).ShouldBe(before);
        (await SettingsAsync()).ShouldBe(settings);
        (await new SchemaValidation(_tracker.Database).FindDifferencesAsync(default))
            .ShouldBe(["unexpected: operations: index CREATE INDEX mine ON {schema}.operations USING btree (request_uri) WHERE (status = 'failed'::text)"]);
        await StoreInvariants.CheckAsync(_tracker.Database);
        (await _tracker.Store.PutAsync(Document("op-1", note: "after"))).View.Text().ShouldContain("after");
    }

    /// <summary>Operations with some history, refusals and clusters among it.</summary>
    private async Task SomeOperationsAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _tracker.Store.PutAsync(Document($"op-{i}"));
            for (var change = 0; change < i % 4; change++)
                await _tracker.Store.PutAsync(Document($"op-{i}", note: $"step {change}"));
            if (i % 5 == 0)
                await _tracker.Store.PutAsync(Document($"op-{i}", OperationStatus.Completed));
        }
    }

    /// <summary>Both tables, as text.</summary>
    private Task<string> TablesAsync() => _tracker.TextAsync("""
        select (select string_agg(o::text, E'\n' order by operation_id) from tracker.operations o) || E'\n---\n' ||
               coalesce((select string_agg(o::text, E'\n' order by operation_id, valid_from) from tracker.past_operations o), '')
        """);

    /// <summary>What the catalog says of the tables beside their columns.</summary>
    private Task<string> SettingsAsync() => _tracker.TextAsync("""
        select string_agg(format('%s|%s|%s|%s|%s', c.relname, c.relacl, c.reloptions,
                                 obj_description(c.oid, 'pg_class'), pg_get_userbyid(c.relowner)), E'\n' order by c.relname)
               || (select string_agg(format('%s %s %s %s', a.attname, a.attstorage, a.attcompression,
                                            col_description(a.attrelid, a.attnum)), E'\n' order by c.relname, a.attnum)
                   from pg_attribute a join pg_class c on c.oid = a.attrelid
                   where c.oid in ('tracker.operations'::regclass, 'tracker.past_operations'::regclass) and a.attnum > 0)
               || (select string_agg(format('%s %s %s', conname, contype, conrelid::regclass), E'\n' order by conname)
                   from pg_constraint where connamespace = 'tracker'::regnamespace)
        from pg_class c where c.relnamespace = 'tracker'::regnamespace
          and c.relkind in ('r', 'i') and c.relname like '%operations%'
        """);
}
