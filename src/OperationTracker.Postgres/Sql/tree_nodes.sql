select index, hash from {schema}.tree_nodes where level = $1 and index >= $2 and index < $3 order by index
