delete from {schema}.past_operations_rebuild where operation_id = $1
