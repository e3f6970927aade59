-- Lets the server's own vacuum come to the copies again, as to the tables whose places they take, and keeps it off all
-- of these until the transaction ends. Waited for in this mode, which neither readers nor writers mind, it gives up
-- after deadlock_timeout; a swap, for which others wait, waits for nobody so long. In a block, for there may be no
-- copies any more.
do $$
declare
    pair record;
begin
    for pair in
        select original, copy from {schema}.rebuilt_tables() where copy is not null
    loop
        execute format('lock table %s, %s in share update exclusive mode', pair.original, pair.copy);
        execute format('alter table %s reset (autovacuum_enabled, toast.autovacuum_enabled)', pair.copy);
    end loop;
end
$$
