select p.position
from {schema}.mt_events e join {schema}.positions p on p.seq_id = e.seq_id
where e.stream_id = $1 and e.version = $2
