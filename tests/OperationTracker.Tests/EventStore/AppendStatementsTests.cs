using Npgsql;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres;
using OperationTracker.Postgres.Audit;
using static OperationTracker.Tests.EventStore.Documents;

namespace OperationTracker.Tests.EventStore;

/// <summary>
/// A flight of one event has a statement of its own. It writes what the one for all flights does, and refuses what that
/// one refuses.
/// </summary>
public sealed class AppendStatementsTests
{
    /// <summary>All that is written but times, random ids, and what is hashed of them.</summary>
    private const string Written = """
        select string_agg(line, E'\n' order by line collate "C") from (
            select 'stream ' || row(id, type, version)::text as line from tracker.mt_streams
            union all
            select 'event ' || row(p.position, p.form, e.stream_id, e.version, e.type, e.data, e.mt_dotnet_type,
                e.correlation_id, e.user_name, e.headers, e.is_archived, e.seq_id)::text
            from tracker.mt_events e left join tracker.positions p using (seq_id)
            union all
            select 'view ' || row(operation_id, stream_version, document_version, occurred_time, last_update_time,
                status, request_method, request_uri, cluster_ids, content_hash, refusals, redactions, document)::text
            from tracker.operations
            union all
            select 'past ' || row(operation_id, stream_version, occurred_time, last_update_time, status,
                request_method, request_uri, cluster_ids)::text
            from tracker.past_operations
            union all
            select 'foreign ' || seq_id from tracker.foreign_events
            union all
            select 'stale ' || stream_id from tracker.stale_views) as lines
        """;

    [Fact]
    public async Task A_flight_of_one_event_is_written_as_any_other()
    {
        var (alone, asAny) = (await WriteAsync("append_change"), await WriteAsync("append_changes"));
        alone.ShouldBe(asAny);
        alone.Split('\n').Count(line => line.StartsWith("past ", StringComparison.Ordinal)).ShouldBe(5);
    }

    /// <summary>Appends, by one of the two, whatever makes a difference to them, and tells what stands.</summary>
    private static async Task<string> WriteAsync(string statement)
    {
        await using var tracker = await TrackerFixture.CreateAsync();
        var foreign = new ForeignWriter(tracker.ConnectionString);
        await using var connection = await tracker.Database.OpenAsync(default);

        await AppendAsync("a");
        await AppendAsync("a", note: "known link");
        await AppendAsync("a", note: "\"{},\\");
        (await foreign.AppendAsync("b", 2)).ShouldBeTrue();
        await AppendAsync("c");
        (await foreign.AppendAsync("a", 1)).ShouldBeTrue();
        await AppendAsync("a", note: "where another went on");
        await tracker.ExecuteAsync("delete from tracker.operations where operation_id = 'c'");
        await AppendAsync("c", note: "without a view");
        await AppendAsync("b");
        await AppendAsync("a", OperationStatus.Completed, "where another went on");

        // What stands is not what was decided upon, or is held by others.
        var late = await PlanAsync("c", OperationStatus.Failed, "without a view");
        var tooNew = await PlanAsync("d", OperationStatus.Executing);
        await AppendAsync("c", note: "first");
        await AppendAsync("d");
        (await SendAsync(late)).ShouldBeNull();
        (await SendAsync(tooNew)).ShouldBeNull();
        await using (var holder = new NpgsqlConnection(tracker.ConnectionString))
        {
            await holder.OpenAsync();
            await using var transaction = await holder.BeginTransactionAsync();
            await new NpgsqlCommand("select from tracker.mt_streams where id = 'c' for update", holder, transaction)
                .ExecuteNonQueryAsync();
            (await SendAsync(await PlanAsync("c", OperationStatus.Executing, "held"))).ShouldBeNull();
        }

        var written = (string)(await tracker.ExecuteAsync(Written))!;
        (await new AuditVerification(tracker.Database, TimeProvider.System).VerifyAsync([], default))
            .Findings.ShouldBeEmpty();
        await StoreInvariants.CheckAsync(tracker.Database);
        return written;

        async Task AppendAsync(
            string id, OperationStatus status = OperationStatus.Executing, string? note = null)
        {
            var plan = await PlanAsync(id, status, note);
            var before = (long)(await tracker.ExecuteAsync("""
                select coalesce(max(position), 0) + (select count(*) from tracker.foreign_events)
                from tracker.positions
                """))!;
            var appended = (await SendAsync(plan)).ShouldNotBeNull();
            appended.LogBefore.ShouldBe(before);
            var stands = (await new StateLoader(tracker.Database).LoadAsync(connection, [id], default))[0];
            stands.LastEventAt.ShouldBe(appended.At);
            stands.LastLink.ShouldBe(appended.Link);
        }

        async Task<FlightPlan> PlanAsync(string id, OperationStatus status, string? note = null)
        {
            var loaded = (await new StateLoader(tracker.Database).LoadAsync(connection, [id], default))[0];
            var plan = FlightPlan.Of(
                [new PendingAppend(id, Wish(Document(id, status, note)), 0)],
                new Dictionary<string, LoadedOperation> { [id] = loaded });
            plan.Units.Single().Events.Count.ShouldBe(1);
            return plan;
        }

        async Task<AppendedUnit?> SendAsync(FlightPlan plan)
        {
            await using var command = FlightCommand.Create(tracker.Database, connection, plan);
            if (statement == "append_changes")
            {
                command.CommandText = tracker.Database.Sql[statement];
                command.Parameters.Clear();
                FlightCommand.AddParameters(command.Parameters, plan);
            }

            command.CommandText.ShouldContain($".{statement}(");
            await using var rows = await command.ExecuteReaderAsync();
            if (!await rows.ReadAsync())
                return null;
            rows.GetInt32(0).ShouldBe(1);
            return new AppendedUnit(
                rows.GetFieldValue<DateTimeOffset>(1), rows.GetFieldValue<byte[]>(2), rows.GetInt64(3));
        }
    }
}
