-- Keeps only the operations to which something happened in a period; all of them where none were chosen before.
with active as (
    select distinct e.stream_id from {schema}.mt_events e
    where e.stream_id is not null and ($1 is null or e.timestamp >= $1) and ($2 is null or e.timestamp < $2)
), dropped as (
    delete from pg_temp.export_streams x where $3 and x.stream_id not in (select stream_id from active)
)
insert into pg_temp.export_streams (stream_id) select stream_id from active where not $3
