-- Every $1-th stream, in the order of the index: where ranges of streams end.
select id
from (select id, row_number() over (order by id) as place from {schema}.mt_streams) as s
where place % $1 = 0
order by id
