-- How tables are joined here and in the statements of the tracker: "x.key = any (array[y.key])" where "x.key = y.key" is
-- meant. It can be planned in one way only, the look-up of each y in the index of x. The plain form may be planned the
-- other way round, x scanned whole by its index, and is while the statistics say that x is nearly empty; functions and
-- prepared statements keep such a plan while x grows.

-- Gives the next positions to the events of other applications, some thousand of them, and notes their streams' views as
-- stale. Called under the append lock. Their sequence numbers may contradict the order of versions within a stream (Marten
-- fetches them before its transaction begins), so within each stream the places are handed out in the order of versions.
create function {schema}.position_foreign_events() returns void
    language plpgsql set search_path = pg_catalog, pg_temp set enable_hashjoin = on
as $$
declare
    last_position bigint;
begin
    last_position := coalesce((select position from {schema}.positions order by position desc limit 1), 0);
    with streams as (
        select distinct n.stream_id
        from (select stream_id from {schema}.foreign_events order by seq_id limit 5000) as n
    ), arrived as (
        delete from {schema}.foreign_events n using streams s where n.stream_id = s.stream_id
        returning n.seq_id, n.stream_id
    ), stale as (
        insert into {schema}.stale_views (stream_id) select stream_id from streams on conflict do nothing
    ), events as (
        select e.seq_id, e.stream_id, e.version
        from arrived a join {schema}.mt_events e on e.seq_id = any (array[a.seq_id])
    ), places as (
        select row_number() over (order by seq_id) as place, stream_id,
               row_number() over (partition by stream_id order by seq_id) as turn
        from events
    ), turns as (
        select seq_id, stream_id, row_number() over (partition by stream_id order by version) as turn from events
    )
    insert into {schema}.positions (position, seq_id)
    select last_position + p.place, t.seq_id from places p join turns t using (stream_id, turn) order by p.place;
end
$$;

-- Appends one flight: some units, each all or nothing, each the new events of one stream with the view that they fold
-- to. Returns the units that were appended and the time they got; a unit that is missing met another version than
-- expected, or a row that another application holds locked, and nothing of it was written.
--
-- Raises OT001 when the append lock was not to be had within the session's lock_timeout; nothing was written then.
--
-- One statement, so that the append lock never spans a round trip. Volatile and in read committed, so that each
-- statement below sees what the lock was waited for.
create function {schema}.append_flight(
    -- per unit
    stream_ids text[], expected_versions bigint[], new_versions bigint[], not_before timestamptz[],
    document_versions bigint[], occurred_times text[], last_update_times text[], statuses text[], methods text[],
    uris text[], cluster_ids text[], content_hashes text[], refusals text[], documents text[],
    -- per event, in the order of units and versions
    event_units int[], event_versions bigint[], event_ids uuid[], event_types text[], dotnet_types text[], data jsonb[],
    causation_ids text[], correlation_ids text[], user_names text[], headers jsonb[]
) returns table (unit int, appended_at timestamptz)
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
as $$
declare
    times         timestamptz[];
    units         int[] := '{}';
    created_ids   text[];
    last_position bigint;
    seq_ids       bigint[];
    complete      boolean; -- whether all units are appended, as nearly always: then nothing has to be sorted out
begin
    begin
        perform pg_advisory_xact_lock({append_lock});
    exception when lock_not_available then
        raise exception 'the append lock is held' using errcode = 'OT001';
    end;

    -- From here on nobody is waited for long: a row or a table that others hold keeps all other callers waiting too.
    perform set_config('lock_timeout', '250ms', true);

    -- Tells the trigger on mt_events that these events need no note: they get their positions here.
    perform set_config('optrack.appending', 'yes', true);

    -- One time for each unit, never before that of the stream's last event; a unit without events keeps the latter.
    select array(
        select case when u.next > u.expected then greatest(clock_timestamp(), u.floor) else u.floor end
        from unnest(expected_versions, new_versions, not_before) with ordinality as u (expected, next, floor, unit)
        order by u.unit)
    into times;

    -- Streams that exist: moved forward where they stand as expected. Rows that others hold are skipped, not waited
    -- for, because the append lock is held here.
    if 0 <> any (expected_versions) then
        with held as (
            select s.id, u.expected, u.next, u.appended_at, u.unit
            from unnest(stream_ids, expected_versions, new_versions, times) with ordinality
                as u (id, expected, next, appended_at, unit)
            join {schema}.mt_streams s on s.id = any (array[u.id])
            where u.expected > 0
            for no key update of s skip locked
        ), moved as (
            update {schema}.mt_streams s set version = h.next, timestamp = h.appended_at
            from held h
            where s.id = any (array[h.id]) and s.version = h.expected
            returning h.unit as done
        )
        select coalesce(array_agg(done::int), '{}') from moved into units;
    end if;

    -- Streams that do not: made, unless another application was first.
    if 0 = any (expected_versions) then
        with created as (
            insert into {schema}.mt_streams as s (id, type, version, timestamp, created)
            select u.id, 'operation', u.next, u.appended_at, u.appended_at
            from unnest(stream_ids, expected_versions, new_versions, times) as u (id, expected, next, appended_at)
            where u.expected = 0
            on conflict (id) do nothing
            returning s.id
        )
        select array_agg(id) from created into created_ids;
        units := units || array(
            select u.unit::int from unnest(stream_ids, expected_versions) with ordinality as u (id, expected, unit)
            where u.expected = 0 and u.id = any (created_ids));
    end if;
    complete := cardinality(units) = cardinality(stream_ids);

    if exists (select from {schema}.foreign_events) then
        perform {schema}.position_foreign_events();
    end if;

    select array(
        select nextval('{schema}.mt_events_sequence')
        from generate_series(1, case
            when complete then cardinality(event_units)
            else (select count(*) from unnest(event_units) as e (unit) where e.unit = any (units))
        end))
    into seq_ids;
    last_position := coalesce((select position from {schema}.positions order by position desc limit 1), 0);

    insert into {schema}.mt_events (
        seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type,
        causation_id, correlation_id, user_name, headers)
    select seq_ids[e.place], e.id, stream_ids[e.unit], e.version, e.data, e.type,
           times[e.unit], e.dotnet_type, e.causation_id, e.correlation_id, e.user_name, e.headers
    from (
        select u.*, row_number() over (order by u.ordinal) as place
        from unnest(
            event_units, event_versions, event_ids, event_types, dotnet_types, data,
            causation_ids, correlation_ids, user_names, headers) with ordinality
            as u (unit, version, id, type, dotnet_type, data,
                  causation_id, correlation_id, user_name, headers, ordinal)
        where complete or u.unit = any (units)
    ) as e
    order by e.place;

    insert into {schema}.positions (position, seq_id)
    select last_position + s.place, s.seq_id from unnest(seq_ids) with ordinality as s (seq_id, place) order by s.place;

    -- Views: rewritten where they are, else added. Nobody else writes them without the append lock, so there is no
    -- conflict to look for.
    with views as (
        select * from unnest(
            stream_ids, new_versions, times,
            document_versions, occurred_times, last_update_times, statuses, methods, uris, cluster_ids, content_hashes,
            refusals, documents) with ordinality
            as v (operation_id, stream_version, last_event_at, document_version, occurred_time, last_update_time, status,
                  method, uri, cluster_ids, content_hash, refusals, document, unit)
        where v.document is not null and (complete or v.unit = any (units))
    ), updated as (
        update {schema}.operations o set
            stream_version = v.stream_version,
            document_version = v.document_version,
            last_event_at = v.last_event_at,
            occurred_time = v.occurred_time,
            last_update_time = v.last_update_time,
            status = v.status,
            request_method = v.method,
            request_uri = v.uri,
            cluster_ids = v.cluster_ids::text[],
            content_hash = v.content_hash,
            refusals = v.refusals,
            document = v.document
        from views v where o.operation_id = any (array[v.operation_id])
        returning v.unit as done
    )
    insert into {schema}.operations (
        operation_id, stream_version, document_version, last_event_at, occurred_time, last_update_time, status,
        request_method, request_uri, cluster_ids, content_hash, refusals, document)
    select v.operation_id, v.stream_version, v.document_version, v.last_event_at,
           v.occurred_time, v.last_update_time, v.status, v.method, v.uri, v.cluster_ids::text[], v.content_hash,
           v.refusals, v.document
    from views v where v.unit not in (select u.done from updated u);

    if exists (select from {schema}.stale_views) then
        delete from {schema}.stale_views s
        using unnest(units) as u (unit) where s.stream_id = stream_ids[u.unit];
    end if;

    return query select u.unit, times[u.unit] from unnest(units) as u (unit);
end
$$;
