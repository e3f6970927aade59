-- The leaves of all blocks that hold a chosen event, and of the incomplete one at the end.
select p.position, p.seq_id, p.link
from (
    select distinct (position - 1) / 256 as block from pg_temp.export_positions
    union
    select $1 / 256
) as b
join {schema}.positions p on p.position > b.block * 256 and p.position <= (b.block + 1) * 256
where p.position <= $1
order by p.position
