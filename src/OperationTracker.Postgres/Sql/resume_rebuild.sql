-- Goes on with a rebuild under a new holder.
update {schema}.projection_rebuilds r
set state = 'running', holder = $2, host = $3, process = $4,
    resumed_at = clock_timestamp(), updated_at = clock_timestamp(), finished_at = null, error = null,
    streams = c.streams, events = c.events, rows = c.rows
from (
    select coalesce(sum(streams), 0) as streams, coalesce(sum(events), 0) as events, coalesce(sum(rows), 0) as rows
    from {schema}.projection_rebuild_ranges where rebuild = $1) as c
where r.id = $1
returning r.id, r.horizon, r.streams_total, r.events_total, r.streams, r.events, r.rows
