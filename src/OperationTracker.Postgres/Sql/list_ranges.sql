-- Where ranges of streams end, in the order of the index: every $1-th stream, and the last that there is. What comes
-- later is not walked over: where ids grow, the walk would never come to an end.
select id
from (select id, row_number() over (order by id) as place, count(*) over () as streams from {schema}.mt_streams) as s
where place % $1 = 0 or place = streams
order by id
