create table {schema}.operations_rebuild (like {schema}.operations including all excluding indexes);
create table {schema}.past_operations_rebuild (like {schema}.past_operations including all excluding indexes);
-- Vacuum finds nothing to do in what is only filled, and whoever builds an index would wait for it.
alter table {schema}.operations_rebuild set (autovacuum_enabled = off, toast.autovacuum_enabled = off);
alter table {schema}.past_operations_rebuild set (autovacuum_enabled = off, toast.autovacuum_enabled = off);
select {schema}.copy_table_settings(original, copy) from {schema}.rebuilt_tables()
