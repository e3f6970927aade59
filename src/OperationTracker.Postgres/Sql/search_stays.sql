-- The stays in states that ended in a piece of the log: each event that ended one, with the one before it in its stream
-- that began a state.
select e.data ->> 'from', greatest(e.timestamp - begun.timestamp, interval '0'), o.request_method, o.request_uri
from {schema}.positions p
join {schema}.mt_events e on e.seq_id = any (array[p.seq_id])
cross join lateral (
    select b.timestamp
    from {schema}.mt_events b
    where b.stream_id = e.stream_id and b.version < e.version
      and (b.type = 'operation_registered'
           or (b.type in ('status_changed', 'result_corrected') and b.data ->> 'from' <> b.data ->> 'to'))
    order by b.version desc
    limit 1
) as begun
join {schema}.operations o on o.operation_id = any (array[e.stream_id])
where p.position > $1 and p.position <= $2
  and e.type in ('status_changed', 'result_corrected') and e.data ->> 'from' <> e.data ->> 'to'
  and ($3::timestamptz is null or e.timestamp >= $3) and ($4::timestamptz is null or e.timestamp < $4)
order by p.position
