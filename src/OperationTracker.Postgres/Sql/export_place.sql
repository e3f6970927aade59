insert into pg_temp.export_positions (position)
select p.position
from pg_temp.export_streams x
join {schema}.mt_events e on e.stream_id = x.stream_id
join {schema}.positions p on p.seq_id = e.seq_id
where p.position <= $1
