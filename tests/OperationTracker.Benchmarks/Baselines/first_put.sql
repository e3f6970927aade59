-- What a tracker without batching would do: one function a step of an operation, each one transaction that writes what
-- one PUT writes, into the tracker's own tables. %LOCK% and %POSITION% tell how the log is kept in order; the texts are
-- filled in by the harness, with the sizes that the tracker writes. The data are jsonb that is read anew each time, as
-- in a PUT.
create function %SCHEMA%.put_%STEP%(the_id text) returns void language plpgsql as $$
declare
    event_data text := %DATA%;
    document   text := %DOCUMENT%;
    seq        bigint;
begin
    perform set_config('optrack.appending', 'yes', true);
    %LOCK%
    insert into tracker.mt_streams (id, type, version) values (the_id, 'operation', 1);
    insert into tracker.mt_events (seq_id, id, stream_id, version, data, type, mt_dotnet_type, causation_id, headers)
    values (nextval('tracker.mt_events_sequence'), gen_random_uuid(), the_id, 1, event_data::jsonb, %KIND%,
            %DOTNET%, gen_random_uuid()::text, %HEADERS%::jsonb)
    returning seq_id into seq;
    insert into tracker.positions (position, seq_id, form, secret, link)
    values (%POSITION%, seq, 1, uuid_send(gen_random_uuid()),
            sha256(
                decode(repeat('00', 32), 'hex') || sha256(convert_to(event_data, 'UTF8')) || timestamptz_send(now())));
    insert into tracker.operations (
        operation_id, stream_version, document_version, last_event_at, occurred_time, last_update_time, status,
        request_method, request_uri, cluster_ids, content_hash, refusals, document)
    values (the_id, 1, 1, now(), '20261120_091000', '20261120_091000', 'executing', 'PATCH',
            '/v1/slices/l2vpn/slice-b/cps', '{1,2}', %HASH%, '', document);
end
$$;
