-- The stream of some event of the log, by a number that may be any.
select e.stream_id
from (select max(position) as last from {schema}.positions) as l
join {schema}.positions p on p.position = 1 + $1 % l.last
join {schema}.mt_events e on e.seq_id = p.seq_id
