-- Appends a flight of one event: what append_changes does for one unit of one event, without arrays. Where little is
-- written most flights are such, and nearly all that they cost is the start of statements, which is less where nothing
-- is to be taken apart or joined: see the decision about what made it faster.
--
-- Returns the time that the event got, its link, and where the log ended before it; no row where the stream stands at
-- another version than before the event, or is a row that another application holds locked, and nothing was written.
--
-- Raises OT001 as append_changes does, and is one statement, volatile and in read committed, for the same reasons.
create function {schema}.append_change(
    stream_id text, event_version bigint, not_before timestamptz,
    -- the view; null where there is none
    document_version bigint, occurred_time text, last_update_time text, status text, method text, uri text,
    cluster_ids text, content_hash text, refusals text, redactions text, document text,
    -- the event; its link is that of the event before, empty where the caller does not know it
    event_id uuid, event_type text, dotnet_type text, data jsonb, causation_id text, correlation_id text,
    user_name text, headers jsonb, secret bytea, content bytea, link_before bytea
) returns table (appended_at timestamptz, link bytea, log_before bigint)
    language plpgsql volatile
    set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    has_foreign boolean;
    has_stale   boolean;
    place       tid;
    has_view    boolean := false; -- whether there was a view, and it was updated
    seq_id      bigint;
    ignored     text;
begin
    if not pg_try_advisory_xact_lock({append_lock}) then
        begin
            perform pg_advisory_xact_lock({append_lock});
        exception when lock_not_available then
            raise exception 'the append lock is held' using errcode = 'OT001';
        end;
    end if;
    ignored := set_config('lock_timeout', '250ms', true);
    ignored := set_config('optrack.appending', 'yes', true);

    select exists (select from {schema}.foreign_events), exists (select from {schema}.stale_views),
           coalesce((select p.position from {schema}.positions p order by p.position desc limit 1), 0)
    into has_foreign, has_stale, log_before;
    if has_foreign then
        perform {schema}.position_foreign_events(array[stream_id]);
        has_stale := true;
        log_before := coalesce((select p.position from {schema}.positions p order by p.position desc limit 1), 0);
    end if;

    appended_at := greatest(clock_timestamp(), not_before);
    if event_version > 1 then
        select s.ctid from {schema}.mt_streams s where s.id = stream_id and s.version = event_version - 1
        for no key update skip locked into place;
        if place is null then
            return;
        end if;
        update {schema}.mt_streams s set version = event_version, timestamp = appended_at where s.ctid = place;
    else
        insert into {schema}.mt_streams (id, type, version, timestamp, created)
        values (stream_id, 'operation', event_version, appended_at, appended_at)
        on conflict (id) do nothing;
        if not found then
            return;
        end if;
    end if;

    seq_id := nextval('{schema}.mt_events_sequence');
    link := sha256(
        case when link_before <> '' then link_before else {schema}.link_before(stream_id, event_version) end
        || content || timestamptz_send(appended_at));
    insert into {schema}.positions (position, seq_id, form, secret, link)
    values (log_before + 1, seq_id, 1, secret, link);
    insert into {schema}.mt_events (
        seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type,
        causation_id, correlation_id, user_name, headers)
    values (seq_id, event_id, stream_id, event_version, data, event_type, appended_at, dotnet_type,
            causation_id, correlation_id, user_name, headers);

    if document is not null then
        if event_version > 1 then
            insert into {schema}.past_operations (
                operation_id, stream_version, valid_from, valid_to, occurred_time, last_update_time, status,
                request_method, request_uri, cluster_ids)
            select o.operation_id, o.stream_version, o.last_event_at, appended_at, o.occurred_time, o.last_update_time,
                   o.status, o.request_method, o.request_uri, o.cluster_ids
            from {schema}.operations o
            where o.operation_id = stream_id and o.last_event_at < appended_at;

            update {schema}.operations o set
                stream_version = event_version,
                document_version = append_change.document_version,
                last_event_at = appended_at,
                occurred_time = append_change.occurred_time,
                last_update_time = append_change.last_update_time,
                status = append_change.status,
                request_method = method,
                request_uri = uri,
                cluster_ids = append_change.cluster_ids::text[],
                content_hash = append_change.content_hash,
                refusals = append_change.refusals,
                redactions = append_change.redactions,
                document = append_change.document
            where o.operation_id = stream_id;
            has_view := found;
        end if;
        if not has_view then
            insert into {schema}.operations (
                operation_id, stream_version, document_version, last_event_at, occurred_time, last_update_time, status,
                request_method, request_uri, cluster_ids, content_hash, refusals, redactions, document)
            values (stream_id, event_version, document_version, appended_at, occurred_time, last_update_time, status,
                    method, uri, cluster_ids::text[], content_hash, refusals, redactions, document);
        end if;
    end if;

    if has_stale then
        delete from {schema}.stale_views v where v.stream_id = append_change.stream_id;
    end if;
    return next;
end
$$;
