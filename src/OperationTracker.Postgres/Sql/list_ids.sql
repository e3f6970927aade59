-- One page of ids, joined to the text that the list is made of, as long as none of them has to be escaped: none that
-- the tracker has taken has. The aggregates read the ordered rows as they come.
select count(*)::int, '"' || string_agg(operation_id, '","') || '"', max(occurred_time)
from (
    select operation_id, occurred_time
    from {schema}.operations
    where true{filters}
    order by occurred_time, operation_id
    limit $1
) as page
