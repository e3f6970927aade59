-- A checkpoint, in the transaction of what it stands for. Nothing is updated for who does not hold the rebuild any
-- more.
update {schema}.projection_rebuild_ranges r
set reached = $4, finished = $5, streams = r.streams + $6, events = r.events + $7, rows = r.rows + $8
from {schema}.projection_rebuilds b
where r.rebuild = $1 and r.range = $3 and b.id = r.rebuild and b.holder = $2 and b.state = 'running'
