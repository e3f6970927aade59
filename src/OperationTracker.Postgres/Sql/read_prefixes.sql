-- The events of some streams, each up to a version of its own, stream by stream.
select i.ordinal::int, e.version, e.type, e.data::text, e.headers::text
from unnest($1::text[], $2::bigint[]) with ordinality as i (id, version, ordinal)
join {schema}.mt_events e on e.stream_id = any (array[i.id]) and e.version <= i.version
order by i.ordinal, e.version
