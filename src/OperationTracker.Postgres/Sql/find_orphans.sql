-- Views without a stream, among the next $2; with the last id looked at.
select max(o.operation_id), count(*), coalesce(array_agg(o.operation_id) filter (where s.id is null), '{}')
from (select operation_id from {schema}.operations where operation_id > $1 order by operation_id limit $2) o
left join {schema}.mt_streams s on s.id = o.operation_id
