-- Keeps vacuum off the tables that are swapped, and off those that take their places, until the transaction ends.
-- Waited for in this mode, which neither readers nor writers mind, the server's own vacuum gives up after
-- deadlock_timeout; a swap, for which others wait, waits for nobody so long. In a block, for there may be no copies any
-- more.
do $$
declare
    swapped regclass;
begin
    for swapped in
        select unnest(array[original, copy]) from {schema}.rebuilt_tables()
    loop
        if swapped is not null then
            execute format('lock table %s in share update exclusive mode', swapped);
        end if;
    end loop;
end
$$
