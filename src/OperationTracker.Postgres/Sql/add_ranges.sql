insert into {schema}.projection_rebuild_ranges (rebuild, range, reached, last)
select $1, r.ordinal, r.reached, r.last
from unnest($2::varchar[], $3::varchar[]) with ordinality as r (reached, last, ordinal)
