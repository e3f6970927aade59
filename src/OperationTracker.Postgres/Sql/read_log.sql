select p.position, e.stream_id, e.version, e.id, e.type, e.data, e.timestamp, e.causation_id, e.correlation_id,
       e.user_name, e.headers
from {schema}.positions p
join {schema}.mt_events e on e.seq_id = any (array[p.seq_id])
where p.position > $1
order by p.position
limit $2
