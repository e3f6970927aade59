select {columns} from {schema}.operations where operation_id = any ($1)
