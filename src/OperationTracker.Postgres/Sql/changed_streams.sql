-- The streams of the events from one position to another.
select distinct e.stream_id
from {schema}.positions p
join {schema}.mt_events e on e.seq_id = p.seq_id
where p.position > $1 and p.position <= $2
