insert into {schema}.tree_nodes (level, index, hash)
select $1, n.index, n.hash from unnest($2, $3) as n (index, hash)
on conflict (level, index) do nothing
