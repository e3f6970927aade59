create table {schema}.operations_rebuild (like {schema}.operations including all excluding indexes);
create table {schema}.past_operations_rebuild (like {schema}.past_operations including all excluding indexes);
select {schema}.copy_table_settings(original, copy) from {schema}.rebuilt_tables()
