select operation_id from {schema}.operations where operation_id > $1 order by operation_id limit $2
