-- As first_put.sql, for the later steps: stream and view are updated where they are.
create function %SCHEMA%.put_%STEP%(the_id text) returns void language plpgsql as $$
declare
    event_data text := %DATA%;
    new_document text := %DOCUMENT%;
    seq        bigint;
begin
    perform set_config('optrack.appending', 'yes', true);
    %LOCK%
    update tracker.mt_streams set version = %STEP%, timestamp = now() where id = the_id;
    insert into tracker.mt_events (seq_id, id, stream_id, version, data, type, mt_dotnet_type, causation_id, headers)
    values (nextval('tracker.mt_events_sequence'), gen_random_uuid(), the_id, %STEP%, event_data::jsonb, %KIND%,
            %DOTNET%, gen_random_uuid()::text, %HEADERS%::jsonb)
    returning seq_id into seq;
    insert into tracker.positions (position, seq_id, form, secret, link)
    select %POSITION%, seq, 1, uuid_send(gen_random_uuid()),
           sha256(p.link || sha256(convert_to(event_data, 'UTF8')) || timestamptz_send(now()))
    from tracker.mt_events e join tracker.positions p using (seq_id)
    where e.stream_id = the_id and e.version = %STEP% - 1;
    insert into tracker.past_operations
    select operation_id, stream_version, last_event_at, now(), occurred_time, last_update_time, status, request_method,
           request_uri, cluster_ids
    from tracker.operations where operation_id = the_id;
    update tracker.operations set
        stream_version = %STEP%, document_version = %STEP%, last_event_at = now(), last_update_time = '20261120_091001',
        status = %STATUS%, content_hash = %HASH%, document = new_document
    where operation_id = the_id;
end
$$;
