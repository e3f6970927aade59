-- Stores operations as a tracker would have: streams, four events each, positions (with links of the right size that
-- prove nothing), views, and the views before. Three of four steps are the same
-- for all; each hundredth operation is executing still (texts 5), the others are completed (texts 4). Called with
-- session_replication_role = replica, so that neither foreign key nor trigger is looked at row by row, and on a store
-- whose log ends where the numbers begin: operation n has the positions 4n - 3 to 4n. Operations begin ten seconds
-- after each other, in the past, and their events come a second after each other.
create or replace procedure tracker.seed_operations(
    first bigint, last bigint, id_place text, occurred_place text,
    documents text[], kinds text[], dotnet_types text[], data text[], headers text)
    language plpgsql
as $$
begin
    create temporary table seeds on commit drop as
    select n, lpad(n::text, 16, '0') as id, case when n % 100 = 0 then 5 else 4 end as final,
           to_char(timestamp '2026-01-01' + n * interval '10 seconds', 'YYYYMMDD_HH24MISS') as occurred,
           now() - (5000000 - n) * interval '10 seconds' as began
    from generate_series(first, last) as n;

    insert into tracker.mt_streams (id, type, version) select id, 'operation', 4 from seeds;

    insert into tracker.mt_events (
        seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type, causation_id, headers)
    select 4 * (s.n - 1) + step, gen_random_uuid(), s.id, step,
           replace(replace(data[t], id_place, s.id), occurred_place, s.occurred)::jsonb,
           kinds[t], s.began + step * interval '1 second', dotnet_types[t], gen_random_uuid()::text, headers::jsonb
    from seeds s
    cross join generate_series(1, 4) as step
    cross join lateral (select case when step = 4 then s.final else step end) as texts (t);

    insert into tracker.positions (position, seq_id, form, secret, link)
    select n, n, 1, uuid_send(gen_random_uuid()), sha256(int8send(n))
    from generate_series(4 * first - 3, 4 * last) as n;

    insert into tracker.past_operations
    select s.id, step, s.began + step * interval '1 second', s.began + (step + 1) * interval '1 second', s.occurred,
           s.occurred, 'executing', 'PATCH', '/v1/slices/l2vpn/slice-b/cps', '{1,2}'
    from seeds s cross join generate_series(1, 3) as step;

    insert into tracker.operations (
        operation_id, stream_version, document_version, last_event_at, occurred_time, last_update_time, status,
        request_method, request_uri, cluster_ids, content_hash, refusals, document)
    select s.id, 4, 4, s.began + interval '4 seconds', s.occurred, s.occurred,
           case s.final when 4 then 'completed' else 'executing' end, 'PATCH', '/v1/slices/l2vpn/slice-b/cps', '{1,2}',
           encode(sha256(convert_to(d.document, 'UTF8')), 'hex'), '', d.document
    from seeds s
    cross join lateral (
        select replace(replace(documents[s.final], id_place, s.id), occurred_place, s.occurred)) as d (document);

    perform setval('tracker.mt_events_sequence', 4 * last);
end
$$;
