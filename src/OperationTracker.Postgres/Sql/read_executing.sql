-- A page of the operations that are executing, each with the time of the event that began it. The keys' collations
-- differ; the stream's index is by the default one.
select o.operation_id, o.occurred_time, coalesce(begun.timestamp, o.last_event_at), o.request_method, o.request_uri
from (
    select operation_id, occurred_time, last_event_at, request_method, request_uri
    from {schema}.operations
    where status = 'executing' and (occurred_time, operation_id) > ($1, $2)
    order by occurred_time, operation_id
    limit $3
) as o
left join lateral (
    select b.timestamp
    from {schema}.mt_events b
    where b.stream_id = any (array[(o.operation_id collate pg_catalog."default")::varchar])
      and (b.type = 'operation_registered'
           or (b.type in ('status_changed', 'result_corrected') and b.data ->> 'from' <> b.data ->> 'to'))
    order by b.version desc
    limit 1
) as begun on true
order by o.occurred_time, o.operation_id
