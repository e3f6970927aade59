-- Begins a rebuild: whatever was left of one before is over, and the log as it stands now is what is to be read.
with superseded as (
    update {schema}.projection_rebuilds set state = 'abandoned', finished_at = coalesce(finished_at, clock_timestamp())
    where projection = $1 and state in ('running', 'failed', 'interrupted')
    returning id
), cleared as (
    delete from {schema}.projection_rebuild_ranges r using superseded s where r.rebuild = s.id
)
insert into {schema}.projection_rebuilds (
    projection, fingerprint, schema_version, state, phase, horizon, streams_total, events_total, holder, host, process)
select $1, $2, $3, 'running', 'read',
       coalesce((select position from {schema}.positions order by position desc limit 1), 0),
       count(*), coalesce(sum(version), 0), $4, $5, $6
from {schema}.mt_streams
returning id, horizon, streams_total, events_total, streams, events, rows
