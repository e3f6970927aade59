-- The append once more, for less: see the decision about what made it faster. append_flight stays for nodes of earlier
-- builds, and writes the same.

-- No statement looks for rows by these, so that nothing has to be known of them: to gather statistics of documents
-- was a tenth of PostgreSQL's work while many were written.
alter table {schema}.operations
    alter column document set statistics 0, alter column content_hash set statistics 0,
    alter column refusals set statistics 0, alter column redactions set statistics 0;
alter table {schema}.positions alter column secret set statistics 0, alter column link set statistics 0;
alter table {schema}.mt_events
    alter column data set statistics 0, alter column headers set statistics 0, alter column id set statistics 0,
    alter column causation_id set statistics 0, alter column correlation_id set statistics 0;

-- As before, and of which columns no statistics are gathered. Makes a table like another in all that "like" leaves
-- out: owner, storage options, grants, comment, targets of statistics.
create or replace function {schema}.copy_table_settings(source regclass, target regclass) returns void
    language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    made_from pg_class;
    entry     record;
begin
    select * into made_from from pg_class where oid = source;
    if made_from.relowner <> (select relowner from pg_class where oid = target) then
        execute format('alter table %s owner to %I', target, pg_get_userbyid(made_from.relowner));
    end if;
    for entry in
        select option from unnest(made_from.reloptions) as option
        union all
        select 'toast.' || option
        from pg_class t, unnest(t.reloptions) as option where t.oid = made_from.reltoastrelid
    loop
        execute format('alter table %s set (%s)', target, entry.option);
    end loop;
    for entry in
        select distinct grantee from pg_class c, aclexplode(c.relacl) where c.oid = target
    loop
        execute format('revoke all on table %s from %s', target,
            case entry.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(entry.grantee)) end);
    end loop;
    for entry in
        select g.grantee, g.privilege_type, g.is_grantable, '' as column_name
        from aclexplode(made_from.relacl) as g
        union all
        select g.grantee, g.privilege_type, g.is_grantable, format('(%I)', a.attname)
        from pg_attribute a, aclexplode(a.attacl) as g where a.attrelid = source
    loop
        execute format('grant %s%s on table %s to %s%s', entry.privilege_type, entry.column_name, target,
            case entry.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(entry.grantee)) end,
            case when entry.is_grantable then ' with grant option' else '' end);
    end loop;
    execute format('comment on table %s is %L', target, obj_description(source, 'pg_class'));
    for entry in
        select attname, attstattarget from pg_attribute where attrelid = source and attnum > 0 and attstattarget >= 0
    loop
        execute format('alter table %s alter column %I set statistics %s', target, entry.attname, entry.attstattarget);
    end loop;
end
$$;

-- Appends one flight: some units, each all or nothing, each the new events of one stream with the view that they fold
-- to. Returns the units that were appended, the time they got, the link of their last event, null where it is not
-- known, and where the log ended before this flight; a unit that is missing met another version than expected, or a
-- row that another application holds locked, and nothing of it was written.
--
-- Raises OT001 when the append lock was not to be had within the session's lock_timeout; nothing was written then.
--
-- One statement, so that the append lock never spans a round trip. Volatile and in read committed, so that each
-- statement below sees what the lock was waited for.
--
-- How it is written: arrays are taken apart in lists of selected columns, where they go in step and nothing is stored
-- in between as it is in "from"; single functions are called in assignments, which need no executor; and what is
-- hardly ever needed is looked for once.
create function {schema}.append_changes(
    -- per unit
    stream_ids text[], expected_versions bigint[], new_versions bigint[], not_before timestamptz[],
    document_versions bigint[], occurred_times text[], last_update_times text[], statuses text[], methods text[],
    uris text[], cluster_ids text[], content_hashes text[], refusals text[], redactions text[], documents text[],
    last_events int[],
    -- per event, in the order of units and versions; the links are those of the event before for the first of a unit,
    -- empty where the caller does not know it, and null for the others
    event_units int[], event_streams text[], event_versions bigint[], event_ids uuid[], event_types text[],
    dotnet_types text[], data jsonb[], causation_ids text[], correlation_ids text[], user_names text[], headers jsonb[],
    secrets bytea[], contents bytea[], links_before bytea[]
) returns table (unit int, appended_at timestamptz, link bytea, log_before bigint)
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
as $$
declare
    fresh         int := cardinality(array_positions(expected_versions, 0)); -- units of streams that are to be made
    moved         int[];
    created_ids   text[];
    created       int[];
    units         int[];
    complete      boolean; -- whether all units are appended, as nearly always: then nothing has to be sorted out
    times         timestamptz[];
    has_foreign   boolean;
    has_stale     boolean;
    last_position bigint;
    seq_ids       bigint[];
    links         bytea[];
    ignored       text;
begin
    if not pg_try_advisory_xact_lock({append_lock}) then
        begin
            perform pg_advisory_xact_lock({append_lock});
        exception when lock_not_available then
            raise exception 'the append lock is held' using errcode = 'OT001';
        end;
    end if;

    -- From here on nobody is waited for long: a row or a table that others hold keeps all other callers waiting too.
    ignored := set_config('lock_timeout', '250ms', true);

    -- Tells the trigger on mt_events that these events need no note: they get their positions here.
    ignored := set_config('optrack.appending', 'yes', true);

    -- One time for each unit, never before that of the stream's last event; a unit without events keeps the latter.
    select exists (select from {schema}.foreign_events), exists (select from {schema}.stale_views), array(
        select case when u.next > u.expected then greatest(clock_timestamp(), u.floor) else u.floor end
        from (select unnest(expected_versions) as expected, unnest(new_versions) as next,
                     unnest(not_before) as floor) as u)
    into has_foreign, has_stale, times;

    -- Before ours, for a stream of ours may go on where another application stopped. What it appends to one from here
    -- on moves that stream away from the version that is expected.
    if has_foreign then
        perform {schema}.position_foreign_events(stream_ids);
        has_stale := true;
    end if;

    -- Streams that exist: moved forward where they stand as expected. Rows that others hold are skipped, not waited
    -- for, because the append lock is held here. A row that another application has moved since is at another place.
    if fresh < cardinality(stream_ids) then
        with held as (
            select s.ctid as place, u.expected, u.next, u.appended_at, u.unit
            from (select generate_series(1, cardinality(stream_ids)) as unit, unnest(stream_ids) as id,
                         unnest(expected_versions) as expected, unnest(new_versions) as next,
                         unnest(times) as appended_at) as u
            join {schema}.mt_streams s on s.id = any (array[u.id])
            where u.expected > 0
            for no key update of s skip locked
        ), moving as (
            update {schema}.mt_streams s set version = h.next, timestamp = h.appended_at
            from held h
            where s.ctid = h.place and s.version = h.expected
            returning h.unit
        )
        select array_agg(m.unit) from moving m into moved;
    end if;

    -- Streams that do not: made, unless another application was first.
    if fresh > 0 then
        with making as (
            insert into {schema}.mt_streams as s (id, type, version, timestamp, created)
            select u.id, 'operation', u.next, u.appended_at, u.appended_at
            from (select unnest(stream_ids) as id, unnest(expected_versions) as expected, unnest(new_versions) as next,
                         unnest(times) as appended_at) as u
            where u.expected = 0
            on conflict (id) do nothing
            returning s.id
        )
        select array_agg(m.id) from making m into created_ids;
        created := array_positions(expected_versions, 0);
        if cardinality(created_ids) is distinct from fresh then
            select array_agg(u.unit) from unnest(created) as u (unit) where stream_ids[u.unit] = any (created_ids)
            into created;
        end if;
    end if;

    units := coalesce(moved, '{}') || coalesce(created, '{}');
    complete := cardinality(units) = cardinality(stream_ids);
    if not complete then
        select array_agg(e.unit order by e.place), array_agg(e.stream order by e.place),
               array_agg(e.version order by e.place), array_agg(e.id order by e.place),
               array_agg(e.type order by e.place),
               array_agg(e.dotnet_type order by e.place), array_agg(e.data order by e.place),
               array_agg(e.causation_id order by e.place), array_agg(e.correlation_id order by e.place),
               array_agg(e.user_name order by e.place), array_agg(e.headers order by e.place),
               array_agg(e.secret order by e.place), array_agg(e.content order by e.place),
               array_agg(e.link order by e.place)
        from unnest(event_units, event_streams, event_versions, event_ids, event_types, dotnet_types, data,
                    causation_ids, correlation_ids, user_names, headers, secrets, contents, links_before)
            with ordinality as e (unit, stream, version, id, type, dotnet_type, data,
                  causation_id, correlation_id, user_name, headers, secret, content, link, place)
        where e.unit = any (units)
        into event_units, event_streams, event_versions, event_ids, event_types, dotnet_types, data,
             causation_ids, correlation_ids, user_names, headers, secrets, contents, links_before;
        last_events := null;
    end if;

    -- The chain of each unit goes on from its stream's last link.
    select coalesce((select position from {schema}.positions order by position desc limit 1), 0),
           array(select nextval('{schema}.mt_events_sequence') from generate_series(1, cardinality(event_units))),
           array(
               select case when e.link is not null then sha256(
                   case when e.link <> '' then e.link else {schema}.link_before(e.stream, e.version) end
                   || e.content || timestamptz_send(times[e.unit])) end
               from (select unnest(links_before) as link, unnest(contents) as content, unnest(event_units) as unit,
                            unnest(event_streams) as stream, unnest(event_versions) as version) as e)
    into last_position, seq_ids, links;
    if array_position(links, null) is not null then
        for i in 2 .. cardinality(links) loop
            if links[i] is null then
                links[i] := sha256(links[i - 1] || contents[i] || timestamptz_send(times[event_units[i]]));
            end if;
        end loop;
    end if;

    insert into {schema}.positions (position, seq_id, form, secret, link)
    select generate_series(last_position + 1, last_position + cardinality(seq_ids)),
           unnest(seq_ids), 1, unnest(secrets), unnest(links);

    insert into {schema}.mt_events (
        seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type,
        causation_id, correlation_id, user_name, headers)
    select e.seq_id, e.id, e.stream, e.version, e.data, e.type, times[e.unit], e.dotnet_type,
           e.causation_id, e.correlation_id, e.user_name, e.headers
    from (select unnest(seq_ids) as seq_id, unnest(event_ids) as id, unnest(event_streams) as stream,
                 unnest(event_versions) as version, unnest(data) as data, unnest(event_types) as type,
                 unnest(event_units) as unit, unnest(dotnet_types) as dotnet_type,
                 unnest(causation_ids) as causation_id,
                 unnest(correlation_ids) as correlation_id, unnest(user_names) as user_name,
                 unnest(headers) as headers) as e;

    -- Views: a row that is rewritten is kept, without its document, as past. Nobody else writes them without the append
    -- lock, so there is no conflict to look for.
    if fresh < cardinality(stream_ids) then
        insert into {schema}.past_operations (
            operation_id, stream_version, valid_from, valid_to, occurred_time, last_update_time, status, request_method,
            request_uri, cluster_ids)
        select o.operation_id, o.stream_version, o.last_event_at, v.last_event_at, o.occurred_time, o.last_update_time,
               o.status, o.request_method, o.request_uri, o.cluster_ids
        from (select generate_series(1, cardinality(stream_ids)) as unit, unnest(stream_ids) as operation_id,
                     unnest(times) as last_event_at, unnest(content_hashes) as content_hash) as v
        join {schema}.operations o on o.operation_id = any (array[v.operation_id])
        where v.content_hash is not null and (complete or v.unit = any (units)) and o.last_event_at < v.last_event_at;

        with updating as (
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
                redactions = v.redactions,
                document = v.document
            from (select generate_series(1, cardinality(stream_ids)) as unit, unnest(stream_ids) as operation_id,
                         unnest(new_versions) as stream_version, unnest(times) as last_event_at,
                         unnest(document_versions) as document_version, unnest(occurred_times) as occurred_time,
                         unnest(last_update_times) as last_update_time, unnest(statuses) as status,
                         unnest(methods) as method, unnest(uris) as uri, unnest(cluster_ids) as cluster_ids,
                         unnest(content_hashes) as content_hash, unnest(refusals) as refusals,
                         unnest(redactions) as redactions, unnest(documents) as document) as v
            where o.operation_id = any (array[v.operation_id])
              and v.document is not null and (complete or v.unit = any (units))
            returning v.unit
        )
        select array_agg(u.unit) from updating u into moved;
    end if;
    if fresh > 0 or cardinality(moved) is distinct from cardinality(stream_ids) then
        insert into {schema}.operations (
            operation_id, stream_version, document_version, last_event_at, occurred_time, last_update_time, status,
            request_method, request_uri, cluster_ids, content_hash, refusals, redactions, document)
        select v.operation_id, v.stream_version, v.document_version, v.last_event_at,
               v.occurred_time, v.last_update_time, v.status, v.method, v.uri, v.cluster_ids::text[], v.content_hash,
               v.refusals, v.redactions, v.document
        from (select generate_series(1, cardinality(stream_ids)) as unit, unnest(stream_ids) as operation_id,
                     unnest(new_versions) as stream_version, unnest(times) as last_event_at,
                     unnest(document_versions) as document_version, unnest(occurred_times) as occurred_time,
                     unnest(last_update_times) as last_update_time, unnest(statuses) as status,
                     unnest(methods) as method, unnest(uris) as uri, unnest(cluster_ids) as cluster_ids,
                     unnest(content_hashes) as content_hash, unnest(refusals) as refusals,
                     unnest(redactions) as redactions, unnest(documents) as document) as v
        where v.document is not null and (complete or v.unit = any (units)) and v.unit <> all (coalesce(moved, '{}'));
    end if;

    if has_stale then
        delete from {schema}.stale_views s where s.stream_id = any (
            array(select stream_ids[u.unit] from unnest(units) as u (unit)));
    end if;

    if complete then
        return query select u.unit, u.appended_at, links[u.place], last_position
        from (select generate_series(1, cardinality(stream_ids)) as unit, unnest(times) as appended_at,
                     unnest(last_events) as place) as u;
    else
        return query select u.unit, times[u.unit], null::bytea, last_position from unnest(units) as u (unit);
    end if;
end
$$;
