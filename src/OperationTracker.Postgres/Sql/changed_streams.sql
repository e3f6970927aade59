-- The streams of the events from one position to another. Each event is looked up by its key, however many the planner
-- takes the new positions for: reading all events instead takes longer than what is caught up with takes to come.
select distinct e.stream_id
from {schema}.positions p
join {schema}.mt_events e on e.seq_id = any (array[p.seq_id])
where p.position > $1 and p.position <= $2
