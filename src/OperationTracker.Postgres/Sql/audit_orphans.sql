-- Streams that say they have events and have none, and events that belong to no stream.
select 'stream', s.id, null::bigint
from {schema}.mt_streams s
where s.version > 0 and not exists (select from {schema}.mt_events e where e.stream_id = s.id and e.version = 1)
  and not exists (select from {schema}.mt_events e where e.stream_id = s.id)
union all
select 'event', null, e.seq_id from {schema}.mt_events e where e.stream_id is null
limit 1000
