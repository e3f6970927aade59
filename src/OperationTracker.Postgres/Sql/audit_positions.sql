-- One page of the log in the order of positions: what the tree is made of, and whether the event is there.
select p.position, p.seq_id, p.link, e.seq_id is not null
from {schema}.positions p
left join {schema}.mt_events e on e.seq_id = any (array[p.seq_id])
where p.position > $1 and p.position <= $2
order by p.position
limit $3
