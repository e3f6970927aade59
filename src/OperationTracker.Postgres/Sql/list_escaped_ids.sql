-- One page of ids, joined to the text that the list is made of: to_json escapes as the contract's answers do. The
-- aggregates read the ordered rows as they come.
select count(*)::int, string_agg(to_json(operation_id)::text, ','),
       max(occurred_time), (array_agg(operation_id))[count(*)]
from (
    select operation_id, occurred_time
    from {schema}.operations
    where true{filters}
    order by occurred_time, operation_id
    limit $1
) as page
