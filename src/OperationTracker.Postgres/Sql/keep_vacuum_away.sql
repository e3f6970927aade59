-- Keeps vacuum off the tables until the transaction ends. Waited for in this mode, which neither readers nor writers
-- mind, the server's own vacuum gives up after deadlock_timeout; a swap, for which others wait, waits for nobody so
-- long. In a block, for by itself the statement wants a transaction that was begun by another.
do $$
begin
    lock table {schema}.operations, {schema}.past_operations in share update exclusive mode;
end
$$
