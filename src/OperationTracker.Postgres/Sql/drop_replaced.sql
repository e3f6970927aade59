drop table if exists {schema}.operations_replaced, {schema}.past_operations_replaced
