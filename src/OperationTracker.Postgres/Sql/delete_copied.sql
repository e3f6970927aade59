delete from {schema}.operations_rebuild where operation_id = any ($1)
