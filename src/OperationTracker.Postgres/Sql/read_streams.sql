-- The events of some streams, each whole and in order. Headers come only with kinds whose form once was another.
select e.stream_id, e.version, e.type, e.data, e.timestamp, case when e.type = any ($1) then e.headers end
from {schema}.mt_events e
where {streams}
order by e.stream_id, e.version
