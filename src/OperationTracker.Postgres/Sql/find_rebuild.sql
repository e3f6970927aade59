-- The last rebuild of a projection, how long ago it gave a sign of life, and whether it holds its lock.
select r.id, r.fingerprint, r.schema_version, r.state, r.phase, r.streams_total, r.events_total, r.streams, r.events,
       r.rows, r.faults, r.host, r.process, r.started_at, r.resumed_at, r.updated_at, r.finished_at, r.error, r.lock_ms,
       clock_timestamp() - r.updated_at,
       exists (
           select from pg_locks l
           where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
             and l.database = (select oid from pg_database where datname = current_database())
             and (l.classid::bigint << 32) + l.objid::bigint = $2)
from {schema}.projection_rebuilds r
where r.projection = $1
order by r.id desc
limit 1
