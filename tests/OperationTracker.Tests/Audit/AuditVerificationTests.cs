using System.Globalization;
using Npgsql;
using OperationTracker.Core.Audit;
using OperationTracker.Postgres.Audit;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.Audit;

/// <summary>A record that nobody touched is whole; whatever a superuser does to it is found, and where.</summary>
public sealed class AuditVerificationTests : IAsyncLifetime
{
    private const int Operations = 40;

    private AuditedRecord _record = null!;

    /// <summary>Tamperings of each kind; the suite's time bounds it, <c>OPTRACK_CASES</c> asks for more.</summary>
    private static int Rounds =>
        int.TryParse(Environment.GetEnvironmentVariable("OPTRACK_CASES"), CultureInfo.InvariantCulture, out var cases)
            ? Math.Max(cases / Tampering.All.Count, 1) : 3;

    public async Task InitializeAsync() => _record = await AuditedRecord.CreateAsync(Operations);

    public async Task DisposeAsync() => await _record.DisposeAsync();

    [Fact]
    public async Task A_record_that_nobody_touched_is_whole()
    {
        var early = await _record.CheckpointAsync();
        (await _record.VerifyAsync(early)).ShouldBeEmpty();
        early.Size.ShouldBe((long)(await _record.Tracker.ExecuteAsync("select count(*) from tracker.mt_events"))!);
    }

    [Fact]
    public async Task Every_tampering_is_found_and_located()
    {
        var checkpoint = await _record.CheckpointAsync();
        var random = new Random(20261121);
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var tampering in Tampering.All)
            {
                var position = random.NextInt64(1, 51);
                if (!await TamperAsync(tampering, position))
                    continue;
                var what = $"{tampering.Name} at {position}";
                var findings = await _record.VerifyAsync(checkpoint);
                findings.ShouldNotBeEmpty(what);
                findings.ShouldContain(finding => finding.StreamId != null || finding.Position != null, what);
                if (tampering.IsSeenWithout)
                    (await _record.VerifyAsync()).ShouldNotBeEmpty(what + ", without a checkpoint");
                await _record.RestoreAsync();
            }
        }

        (await _record.VerifyAsync(checkpoint)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_change_is_found_at_its_own_event()
    {
        await _record.Tracker.ExecuteAsync(
            "update tracker.mt_events set data = data || '{\"last_update_time\": \"20000101_000000\"}'"
            + " where stream_id = '17' and version = 2");

        var finding = (await _record.VerifyAsync()).ShouldHaveSingleItem();
        finding.Kind.ShouldBe(AuditFindingKind.Changed);
        (finding.StreamId, finding.Version).ShouldBe(("17", 2));
    }

    [Fact]
    public async Task A_chain_that_was_computed_anew_is_seen_against_a_checkpoint_and_located_by_blocks_kept_beside_it()
    {
        var checkpoint = await _record.CheckpointAsync();
        var blocks = await new AuditProofs(_record.Tracker.Database).BlocksAsync(checkpoint, default);
        await ForgeAsync("17");
        (await _record.VerifyAsync()).ShouldNotContain(finding => finding.StreamId == "17");

        await _record.Tracker.ExecuteAsync("truncate tracker.tree_nodes");
        (await _record.VerifyAsync()).ShouldBeEmpty();
        (await _record.VerifyAsync(checkpoint)).ShouldHaveSingleItem().Kind.ShouldBe(AuditFindingKind.Changed);
        blocks.Count.ShouldBe((int)(checkpoint.Size / 256));
    }

    [Fact]
    public async Task Two_checkpoints_say_between_which_the_log_was_changed()
    {
        var early = await _record.CheckpointAsync();
        for (var i = 0; i < 5; i++)
            await _record.Tracker.Store.PutAsync(Document($"late-{i}"));
        var late = await _record.CheckpointAsync();
        await ForgeAsync("late-3");

        var finding = (await _record.VerifyAsync(late, early)).ShouldHaveSingleItem();
        finding.Position.ShouldBe(early.Size + 1);
    }

    /// <summary>Does it; false when it leaves all as it was, the event having no such thing.</summary>
    private async Task<bool> TamperAsync(Tampering tampering, long position)
    {
        const string State = """
            select md5(string_agg(t, '' order by t)) from (
                select e::text as t from tracker.mt_events e union all select p::text from tracker.positions p
                union all select s::text from tracker.mt_streams s) as x
            """;
        var before = (string)(await _record.Tracker.ExecuteAsync(State))!;
        await _record.Tracker.ExecuteAsync(tampering.Sql.Replace("{n}", $"{position}", StringComparison.Ordinal));
        return before != (string?)await _record.Tracker.ExecuteAsync(State);
    }

    /// <summary>Changes an event and seals its stream anew, as somebody could who reads our documentation.</summary>
    private async Task ForgeAsync(string streamId)
    {
        await _record.Tracker.ExecuteAsync(
            $"update tracker.mt_events set user_name = 'nobody' where stream_id = '{streamId}' and version = 1");
        await using var connection = await _record.Tracker.Database.OpenAsync(default);
        var link = EventSeal.NoLink();
        foreach (var row in await AuditReader.ReadStreamAsync(_record.Tracker.Database, connection, streamId, default))
        {
            link = EventSeal.LinkOf(link, row.Event.ContentHash(), row.Event.Timestamp);
            await using var update = new NpgsqlCommand(
                "update tracker.positions set link = $1 where position = $2", connection);
            update.Parameters.Add(new NpgsqlParameter { Value = link });
            update.Parameters.Add(new NpgsqlParameter { Value = row.Event.Seal!.Position });
            await update.ExecuteNonQueryAsync();
        }
    }
}
