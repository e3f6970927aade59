-- How far the log goes, and how far the tree has been built at a level.
select coalesce((select position from {schema}.positions order by position desc limit 1), 0),
       coalesce((select index + 1 from {schema}.tree_nodes where level = $1 order by index desc limit 1), 0)
