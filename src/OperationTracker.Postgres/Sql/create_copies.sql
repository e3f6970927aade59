create table {schema}.operations_rebuild (like {schema}.operations including all excluding indexes);
create table {schema}.past_operations_rebuild (like {schema}.past_operations including all excluding indexes);
-- Whoever builds an index would wait for the server's own vacuum; what that would do, the rebuild does itself.
alter table {schema}.operations_rebuild set (autovacuum_enabled = off, toast.autovacuum_enabled = off);
alter table {schema}.past_operations_rebuild set (autovacuum_enabled = off, toast.autovacuum_enabled = off);
select {schema}.copy_table_settings(original, copy) from {schema}.rebuilt_tables()
