-- Up to when the copy knows some operations.
select o.operation_id, o.last_event_at from {schema}.operations_rebuild o where o.operation_id = any ($1)
