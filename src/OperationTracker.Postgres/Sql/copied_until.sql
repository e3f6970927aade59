-- Up to when the copy knows some operations, and whether that is all that there is of them by now.
select o.operation_id, o.last_event_at, o.stream_version is not distinct from s.version
from unnest($1::varchar[]) as i (id)
join {schema}.operations_rebuild o on o.operation_id = any (array[i.id])
left join {schema}.mt_streams s on s.id = any (array[i.id])
