select operation_id, outcome from {schema}.write_views($1, $2, $3, $4, $5)
