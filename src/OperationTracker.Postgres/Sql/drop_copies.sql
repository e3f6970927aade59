drop table if exists {schema}.operations_rebuild, {schema}.past_operations_rebuild,
    {schema}.operations_replaced, {schema}.past_operations_replaced
