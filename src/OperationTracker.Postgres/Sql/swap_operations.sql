select stream_id, up_to from {schema}.swap_operations($1, $2, $3, $4)
