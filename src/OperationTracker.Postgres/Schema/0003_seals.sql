-- What makes the history provable, what it was at any instant, and what was done to it by operators.

-- Each event has a seal, beside its position: the links of a stream are a chain of hashes, and the links of the log, in
-- the order of positions, the leaves of a Merkle tree. What is hashed, and how, is told in eng/audit.md.
alter table {schema}.positions
    add column form   smallint,
    add column secret bytea,
    add column link   bytea;
comment on column {schema}.positions.form is
    'how the event''s content is hashed: 1 by the node that appended it, each value that may be redacted as a salted '
    'commitment; 0 by the database, as a whole (other applications'' events, and those from before there were seals)';
comment on column {schema}.positions.secret is
    'what the salts of the content''s hash are made of; null once something in the event was redacted';
comment on column {schema}.positions.link is
    'sha256(link of the stream''s event before, or 32 zero bytes || hash of the content || timestamptz_send(timestamp))';

create table {schema}.openings (
    seq_id bigint not null constraint pk_openings primary key,
    salts  bytea  not null
);
comment on table {schema}.openings is
    'In place of the secret of an event in which something was redacted: the salts of its other values, and the bare '
    'hashes of what was redacted.';

create table {schema}.tree_nodes (
    level smallint not null,
    index bigint   not null,
    hash  bytea    not null,
    constraint pk_tree_nodes primary key (level, index)
);
comment on table {schema}.tree_nodes is
    'Hashes of complete subtrees of the Merkle tree over positions, for each eighth level; a cache that verification '
    'does not trust.';

create table {schema}.admin_log (
    entry   bigint      not null generated always as identity constraint pk_admin_log primary key,
    at      timestamptz not null default clock_timestamp(),
    command text        not null,
    by      text,
    detail  jsonb       not null default '{}'
);
comment on table {schema}.admin_log is 'What operators did to the tracker: rebuilds, repairs, imports, exports, redactions.';

-- The list at an instant: operations as it is, and as it was.
create table {schema}.past_operations (
    operation_id     text        collate "C" not null,
    stream_version   bigint      not null,
    valid_from       timestamptz not null,
    valid_to         timestamptz not null,
    occurred_time    text        collate "C" not null,
    last_update_time text        collate "C" not null,
    status           text        collate "C" not null,
    request_method   text        collate "C" not null,
    request_uri      text        collate "C" not null,
    cluster_ids      text[]      collate "C" not null
);
comment on table {schema}.past_operations is
    'Rows of operations that others have taken the place of, without their documents. Can be rebuilt from mt_events.';
comment on column {schema}.past_operations.valid_from is 'timestamp of the last event folded into the row';
comment on column {schema}.past_operations.valid_to is 'timestamp of the last event folded into the next; not included';
create index ix_past_operations_list on {schema}.past_operations (occurred_time, operation_id);

alter table {schema}.operations add column redactions text collate "C" not null default '';
comment on column {schema}.operations.redactions is
    'JSON Pointers at which values were redacted, as a JSON array; empty when there are none';

-- The streams of these are looked for when one of ours goes on where another application stopped.
create index ix_foreign_events_stream on {schema}.foreign_events (stream_id);

-- The hash of an event that no node of ours has hashed: over its fields, each with its length in bytes before it, -1 for
-- null.
create function {schema}.plain_content(e {schema}.mt_events, secret bytea) returns bytea
    language sql stable set search_path = pg_catalog, pg_temp
as $$
    select sha256(secret || string_agg(
        case when f.field is null then int4send(-1)
             else int4send(octet_length(convert_to(f.field, 'UTF8'))) || convert_to(f.field, 'UTF8') end, ''
        order by f.place))
    from unnest(array[
        e.stream_id, e.version::text, e.id::text, e.type, e.mt_dotnet_type, e.data::text,
        e.causation_id, e.correlation_id, e.user_name, e.headers::text]) with ordinality as f (field, place)
$$;

-- The link of the event before the given one in its stream; zeros for the first.
create function {schema}.link_before(stream text, event_version bigint) returns bytea
    language sql stable set search_path = pg_catalog, pg_temp
as $$
    select coalesce((
        select p.link
        from {schema}.mt_events e join {schema}.positions p on p.seq_id = any (array[e.seq_id])
        where e.stream_id = stream and e.version = event_version - 1), decode(repeat('00', 32), 'hex'))
$$;

-- Seals what stands here already.
do $$
declare
    e      {schema}.mt_events;
    fresh  bytea;
begin
    for e in
        select m.* from {schema}.mt_events m join {schema}.positions p using (seq_id) order by m.stream_id, m.version
    loop
        fresh := uuid_send(gen_random_uuid());
        update {schema}.positions p set form = 0, secret = fresh,
            link = sha256({schema}.link_before(e.stream_id, e.version)
                || {schema}.plain_content(e, fresh) || timestamptz_send(e.timestamp))
        where p.seq_id = e.seq_id;
    end loop;
end
$$;
alter table {schema}.positions alter column form set not null, alter column link set not null;

drop function {schema}.position_foreign_events();

-- Gives the next positions, and their seals, to the events of other applications: those of the streams that are named,
-- and some thousand more; and notes their streams' views as stale. Called under the append lock. Their sequence numbers
-- may contradict the order of versions within a stream (Marten fetches them before its transaction begins), so within
-- each stream the places are handed out in the order of versions.
create function {schema}.position_foreign_events(wanted text[]) returns void
    language plpgsql set search_path = pg_catalog, pg_temp set enable_hashjoin = on
as $$
declare
    last_position bigint;
    arrival       {schema}.mt_events;
    before        {schema}.mt_events;
    fresh         bytea;
    last_link     bytea;
begin
    last_position := coalesce((select position from {schema}.positions order by position desc limit 1), 0);
    for arrival in
        with streams as (
            select distinct n.stream_id
            from (select stream_id from {schema}.foreign_events order by seq_id limit 5000) as n
            union
            select w.stream_id from unnest(wanted) as w (stream_id)
            where exists (select from {schema}.foreign_events n where n.stream_id = any (array[w.stream_id]))
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
        select m.*
        from places p
        join turns t using (stream_id, turn)
        join {schema}.mt_events m on m.seq_id = any (array[t.seq_id])
        order by p.place
    loop
        last_position := last_position + 1;
        fresh := uuid_send(gen_random_uuid());
        if (before.stream_id, before.version + 1) is distinct from (arrival.stream_id, arrival.version) then
            last_link := {schema}.link_before(arrival.stream_id, arrival.version);
        end if;
        last_link := sha256(
            last_link || {schema}.plain_content(arrival, fresh) || timestamptz_send(arrival.timestamp));
        insert into {schema}.positions (position, seq_id, form, secret, link)
        values (last_position, arrival.seq_id, 0, fresh, last_link);
        before := arrival;
    end loop;
end
$$;

-- Appends one flight: some units, each all or nothing, each the new events of one stream with the view that they fold
-- to. Returns the units that were appended and the time they got; a unit that is missing met another version than
-- expected, or a row that another application holds locked, and nothing of it was written.
--
-- Raises OT001 when the append lock was not to be had within the session's lock_timeout; nothing was written then.
--
-- Without contents the events are sealed as other applications' are.
--
-- One statement, so that the append lock never spans a round trip. Volatile and in read committed, so that each
-- statement below sees what the lock was waited for.
create function {schema}.append_flight(
    -- per unit
    stream_ids text[], expected_versions bigint[], new_versions bigint[], not_before timestamptz[], last_links bytea[],
    document_versions bigint[], occurred_times text[], last_update_times text[], statuses text[], methods text[],
    uris text[], cluster_ids text[], content_hashes text[], refusals text[], redactions text[], documents text[],
    -- per event, in the order of units and versions
    event_units int[], event_versions bigint[], event_ids uuid[], event_types text[], dotnet_types text[], data jsonb[],
    causation_ids text[], correlation_ids text[], user_names text[], headers jsonb[], secrets bytea[], contents bytea[]
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
    links         bytea[] := '{}';
    link          bytea;
    link_unit     int := 0;
    link_time     bytea;
begin
    begin
        perform pg_advisory_xact_lock({append_lock});
    exception when lock_not_available then
        raise exception 'the append lock is held' using errcode = 'OT001';
    end;

    -- From here on nobody is waited for long: a row or a table that others hold keeps all other callers waiting too.
    perform set_config('lock_timeout', '250ms', true);

    -- Tells the trigger on mt_events that these events need no note: they get their positions here.
    perform set_config('optrack.appending', case when contents is null then 'no' else 'yes' end, true);

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
        perform {schema}.position_foreign_events(stream_ids);
    end if;

    select array(
        select nextval('{schema}.mt_events_sequence')
        from generate_series(1, case
            when complete then cardinality(event_units)
            else (select count(*) from unnest(event_units) as e (unit) where e.unit = any (units))
        end))
    into seq_ids;
    last_position := coalesce((select position from {schema}.positions order by position desc limit 1), 0);

    -- The chain of each unit goes on from its stream's last link, which is looked up where the caller did not know it.
    for i in 1 .. coalesce(cardinality(contents), 0) loop
        if event_units[i] <> link_unit then
            link_unit := event_units[i];
            link_time := timestamptz_send(times[link_unit]);
            link := coalesce(
                last_links[link_unit], {schema}.link_before(stream_ids[link_unit], expected_versions[link_unit] + 1));
        end if;
        link := sha256(link || contents[i] || link_time);
        links[i] := link;
    end loop;

    with placed as (
        select u.*, row_number() over (order by u.ordinal) as place
        from unnest(
            event_units, event_versions, event_ids, event_types, dotnet_types, data,
            causation_ids, correlation_ids, user_names, headers, secrets, links) with ordinality
            as u (unit, version, id, type, dotnet_type, data,
                  causation_id, correlation_id, user_name, headers, secret, link, ordinal)
        where complete or u.unit = any (units)
    ), positioned as (
        insert into {schema}.positions (position, seq_id, form, secret, link)
        select last_position + e.place, seq_ids[e.place], 1, e.secret, e.link
        from placed e where contents is not null order by e.place
    )
    insert into {schema}.mt_events (
        seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type,
        causation_id, correlation_id, user_name, headers)
    select seq_ids[e.place], e.id, stream_ids[e.unit], e.version, e.data, e.type,
           times[e.unit], e.dotnet_type, e.causation_id, e.correlation_id, e.user_name, e.headers
    from placed e
    order by e.place;
    if contents is null then
        perform {schema}.position_foreign_events(stream_ids);
    end if;

    -- Views: rewritten where they are, else added; a row that is rewritten is kept, without its document, as past. Nobody
    -- else writes them without the append lock, so there is no conflict to look for.
    with views as (
        select * from unnest(
            stream_ids, new_versions, times,
            document_versions, occurred_times, last_update_times, statuses, methods, uris, cluster_ids, content_hashes,
            refusals, redactions, documents) with ordinality
            as v (operation_id, stream_version, last_event_at, document_version, occurred_time, last_update_time, status,
                  method, uri, cluster_ids, content_hash, refusals, redactions, document, unit)
        where v.document is not null and (complete or v.unit = any (units))
    ), past as (
        insert into {schema}.past_operations (
            operation_id, stream_version, valid_from, valid_to, occurred_time, last_update_time, status, request_method,
            request_uri, cluster_ids)
        select o.operation_id, o.stream_version, o.last_event_at, v.last_event_at, o.occurred_time, o.last_update_time,
               o.status, o.request_method, o.request_uri, o.cluster_ids
        from views v join {schema}.operations o on o.operation_id = any (array[v.operation_id])
        where o.last_event_at < v.last_event_at
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
            redactions = coalesce(v.redactions, o.redactions),
            document = v.document
        from views v where o.operation_id = any (array[v.operation_id])
        returning v.unit as done
    )
    insert into {schema}.operations (
        operation_id, stream_version, document_version, last_event_at, occurred_time, last_update_time, status,
        request_method, request_uri, cluster_ids, content_hash, refusals, redactions, document)
    select v.operation_id, v.stream_version, v.document_version, v.last_event_at,
           v.occurred_time, v.last_update_time, v.status, v.method, v.uri, v.cluster_ids::text[], v.content_hash,
           v.refusals, coalesce(v.redactions, ''), v.document
    from views v where v.unit not in (select u.done from updated u);

    if exists (select from {schema}.stale_views) then
        delete from {schema}.stale_views s
        using unnest(units) as u (unit) where s.stream_id = stream_ids[u.unit];
    end if;

    return query select u.unit, times[u.unit] from unnest(units) as u (unit);
end
$$;

-- The form of nodes that know of no seals, for as long as they run beside newer ones: the database seals what they append.
create or replace function {schema}.append_flight(
    stream_ids text[], expected_versions bigint[], new_versions bigint[], not_before timestamptz[],
    document_versions bigint[], occurred_times text[], last_update_times text[], statuses text[], methods text[],
    uris text[], cluster_ids text[], content_hashes text[], refusals text[], documents text[],
    event_units int[], event_versions bigint[], event_ids uuid[], event_types text[], dotnet_types text[], data jsonb[],
    causation_ids text[], correlation_ids text[], user_names text[], headers jsonb[]
) returns table (unit int, appended_at timestamptz)
    language sql volatile
    set search_path = pg_catalog, pg_temp
as $$
    select * from {schema}.append_flight(
        stream_ids, expected_versions, new_versions, not_before, null::bytea[],
        document_versions, occurred_times, last_update_times, statuses, methods,
        uris, cluster_ids, content_hashes, refusals, null::text[], documents,
        event_units, event_versions, event_ids, event_types, dotnet_types, data,
        causation_ids, correlation_ids, user_names, headers, null::bytea[], null::bytea[])
$$;

-- Puts other data in the place of some events' and destroys their secrets: the first half of a redaction, whose second is
-- the flight that appends the event about it, in the same transaction. Raises OT004 when the stream has moved on.
create function {schema}.redact_events(
    stream text, expected_version bigint, seq_ids bigint[], new_data jsonb[], new_salts bytea[], new_uri text
) returns void
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
as $$
begin
    begin
        perform pg_advisory_xact_lock({append_lock});
    exception when lock_not_available then
        raise exception 'the append lock is held' using errcode = 'OT001';
    end;
    perform 1 from {schema}.mt_streams s where s.id = stream and s.version = expected_version for no key update;
    if not found then
        raise exception 'the stream has moved on' using errcode = 'OT004';
    end if;
    update {schema}.mt_events e set data = u.data
    from unnest(seq_ids, new_data) as u (seq_id, data)
    where e.seq_id = any (array[u.seq_id]);
    insert into {schema}.openings as o (seq_id, salts)
    select u.seq_id, u.salts from unnest(seq_ids, new_salts) as u (seq_id, salts)
    on conflict (seq_id) do update set salts = excluded.salts;
    update {schema}.positions p set secret = null
    from unnest(seq_ids) as u (seq_id) where p.seq_id = any (array[u.seq_id]);
    if new_uri is not null then
        update {schema}.past_operations set request_uri = new_uri where operation_id = stream;
        update {schema}.operations set request_uri = new_uri where operation_id = stream;
    end if;
end
$$;
