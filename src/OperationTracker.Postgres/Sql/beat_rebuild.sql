-- A sign of life, with the figures that others are told.
update {schema}.projection_rebuilds
set phase = $3, streams = $4, events = $5, rows = $6, faults = $7, updated_at = clock_timestamp()
where id = $1 and holder = $2 and state = 'running'
