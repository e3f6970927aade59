select coalesce(p.position, 0), e.stream_id, e.version, e.id, e.type, e.data, e.timestamp, e.causation_id,
       e.correlation_id, e.user_name, e.headers
from {schema}.mt_events e
left join {schema}.positions p on p.seq_id = any (array[e.seq_id])
where e.stream_id = $1 and e.version > $2
order by e.version
limit $3
