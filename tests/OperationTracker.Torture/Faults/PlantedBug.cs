using Npgsql;
using OperationTracker.Torture.Servers;

namespace OperationTracker.Torture.Faults;

/// <summary>
/// Bugs that a tracker could have, planted from outside, never in the product: by altering the database's function or
/// tables, or by a gateway between clients and nodes. A run with one must find something, or its checkers are worth
/// nothing.
/// </summary>
internal enum PlantedBug
{
    /// <summary>
    /// A stream is moved forward whatever version it stands at, and nothing forbids two events of one version.
    /// </summary>
    NoVersionCheck,

    /// <summary>Some views are not written with their events.</summary>
    ViewLeftOut,

    /// <summary>What is acknowledged is not on disk: the tables do not survive a crash of the server.</summary>
    NotDurable,

    /// <summary>
    /// Commits are acknowledged before they are flushed: <c>synchronous_commit=off</c>. Only power loss shows it.
    /// </summary>
    NotFlushed,

    /// <summary>The cluster has no page checksums. Only flipped bits show it.</summary>
    NoChecksums,

    /// <summary>The seal of an event leaves out when it came.</summary>
    SealWithoutTime,

    /// <summary>Some changes of existing operations are acknowledged and not written.</summary>
    AcknowledgedOnly,

    /// <summary>Some events get their place in the log with a gap before it.</summary>
    PositionGap,

    /// <summary>
    /// Appends do not wait for one another, and events have their places before their transaction has ended: who reads
    /// the log in order passes some by.
    /// </summary>
    PositionBeforeCommit,

    /// <summary>A rebuild puts its tables in place without what was appended since it caught up last.</summary>
    RebuildLosesCatchUp,

    /// <summary>Times come from a clock that is put back now and then.</summary>
    ClockGoesBack,

    /// <summary>
    /// Times come from the clock as it is, wherever it was before. Only a clock that jumps shows it.
    /// </summary>
    ClockAsItIs,

    /// <summary>Some PUTs are acknowledged before they are carried out.</summary>
    AcknowledgeFirst,

    /// <summary>Some PUTs are carried out once more behind the sender's back, a moment later.</summary>
    SendAgain,

    /// <summary>A PUT that is refused, for its condition or for going back, is acknowledged.</summary>
    ConflictAnsweredOk,

    /// <summary>Some GETs are answered with what once was right.</summary>
    StaleRead,

    /// <summary>Some lists lack an operation.</summary>
    ListLeavesOut,

    /// <summary>Questions about the past are answered with what stands.</summary>
    PastIsPresent,

    /// <summary>
    /// The first node writes its reports otherwise than its neighbours. Only trials that compare nodes show it.
    /// </summary>
    OneNodeDiffers,
}

/// <summary>Plants them into a migrated database.</summary>
internal static class Plants
{
    /// <summary>Whether it is a gateway's.</summary>
    public static bool IsOfGateway(PlantedBug? bug) => bug is PlantedBug.AcknowledgeFirst or PlantedBug.SendAgain
        or PlantedBug.ConflictAnsweredOk or PlantedBug.StaleRead or PlantedBug.ListLeavesOut or PlantedBug.PastIsPresent
        or PlantedBug.OneNodeDiffers;

    /// <summary>Does nothing for a gateway's, and for none.</summary>
    public static async Task PlantAsync(PrivatePostgres postgres, PlantedBug? bug, CancellationToken cancel)
    {
        if (bug is null) return;
        await using var session = await postgres.OpenWhenUpAsync(cancel);
        await AppendOneWayAsync(session, cancel);
        await PlantAsync(session, bug.Value, cancel);
    }

    /// <summary>
    /// Has flights of one event appended by the function for all others, in which what is wrong is planted.
    /// </summary>
    private static Task AppendOneWayAsync(NpgsqlConnection session, CancellationToken cancel) => AlterAsync(
        session, "if not pg_try_advisory_xact_lock(", """
            return query
                select c.appended_at, c.link, c.log_before
                from tracker.append_changes(
                    array[stream_id], array[event_version - 1], array[event_version], array[not_before],
                    array[document_version], array[occurred_time], array[last_update_time], array[status],
                    array[method], array[uri], array[cluster_ids], array[content_hash], array[refusals],
                    array[redactions], array[document], array[1],
                    array[1], array[stream_id], array[event_version], array[event_id], array[event_type],
                    array[dotnet_type], array[data], array[causation_id], array[correlation_id], array[user_name],
                    array[headers], array[secret], array[content], array[link_before]) c;
            return;
            if not pg_try_advisory_xact_lock(
            """, cancel, "append_change");

    private static async Task PlantAsync(NpgsqlConnection session, PlantedBug bug, CancellationToken cancel)
    {
        switch (bug)
        {
            case PlantedBug.NoVersionCheck:
                await ExecuteAsync(session, """
                    drop index tracker.pk_mt_events_stream_and_version;
                    create index pk_mt_events_stream_and_version on tracker.mt_events (stream_id, version)
                    """, cancel);
                await AlterAsync(session, "and s.version = h.expected", "", cancel);
                return;
            case PlantedBug.ViewLeftOut:
                await AlterAsync(session,
                    "and v.document is not null and", "and v.document is not null and random() > 0.05 and", cancel);
                await AlterAsync(session,
                    "and v.unit <> all (coalesce(moved, '{}'))", "and expected_versions[v.unit] = 0", cancel);
                return;
            case PlantedBug.NotDurable:
                foreach (var table in new[] { "mt_events", "mt_streams", "positions", "operations", "past_operations" })
                    await ExecuteAsync(session, $"alter table tracker.{table} set unlogged", cancel);
                return;
            case PlantedBug.NotFlushed:
                await AlterAsync(session, "ignored := set_config('lock_timeout', '250ms', true);", """
                    ignored := set_config('lock_timeout', '250ms', true);
                    ignored := set_config('synchronous_commit', 'off', true);
                    """, cancel);
                return;
            case PlantedBug.SealWithoutTime:
                await AlterAsync(
                    session, "|| e.content || timestamptz_send(times[e.unit])", "|| e.content", cancel);
                return;
            case PlantedBug.AcknowledgedOnly:
                await AlterAsync(session, "ignored := set_config('lock_timeout', '250ms', true);", """
                    if random() < 0.02 and 0 <> all (expected_versions) then
                        return query
                            select u::int, clock_timestamp(), null::bytea, 0::bigint
                            from generate_series(1, cardinality(stream_ids)) u;
                        return;
                    end if;
                    """, cancel);
                return;
            case PlantedBug.PositionGap:
                await AlterAsync(
                    session, "select generate_series(last_position + 1, last_position + cardinality(seq_ids)),",
                    """
                    select generate_series(last_position + 1, last_position + cardinality(seq_ids))
                        + (random() * 0.505)::int,
                    """, cancel);
                return;
            case PlantedBug.PositionBeforeCommit:
                await ExecuteAsync(session, "create sequence tracker.planted_positions", cancel);
                await AlterAsync(session, "if not pg_try_advisory_xact_lock(", "if 0 = greatest(0, ", cancel);
                await AlterAsync(
                    session, "select generate_series(last_position + 1, last_position + cardinality(seq_ids)),",
                    "select nextval('tracker.planted_positions'),", cancel);
                return;
            case PlantedBug.RebuildLosesCatchUp:
                await AlterAsync(
                    session, "if cardinality(changed) > 0 then", "if false then", cancel, "swap_operations");
                return;
            case PlantedBug.ClockGoesBack:
                await AlterAsync(session, "greatest(clock_timestamp(), u.floor)",
                    "clock_timestamp() - case when random() < 0.02 then interval '1 hour' else interval '0' end",
                    cancel);
                return;
            case PlantedBug.ClockAsItIs:
                await AlterAsync(session, "greatest(clock_timestamp(), u.floor)", "clock_timestamp()", cancel);
                return;
            default:
                return;
        }
    }

    /// <summary>
    /// Replaces a text in a function, that which appends if no other is named; a text that is not there is a mistake
    /// of this file.
    /// </summary>
    private static async Task AlterAsync(
        NpgsqlConnection session, string text, string replacement, CancellationToken cancel,
        string function = "append_changes")
    {
        await using var find = new NpgsqlCommand("""
            select pg_get_functiondef(oid) from pg_proc
            where pronamespace = 'tracker'::regnamespace and proname = $1
              and prolang = (select oid from pg_language where lanname = 'plpgsql')
            """, session)
        {
            Parameters = { new() { Value = function } },
        };
        var definition = (string)(await find.ExecuteScalarAsync(cancel))!;
        if (!definition.Contains(text, StringComparison.Ordinal))
            throw new InvalidOperationException($"{function} does not say: {text}");
        await ExecuteAsync(session, definition.Replace(text, replacement, StringComparison.Ordinal), cancel);
    }

    private static async Task ExecuteAsync(NpgsqlConnection session, string statements, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(statements, session);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
