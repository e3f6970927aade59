-- As list_ids, where another application has begun streams with ids that have to be escaped: to_json does it as the
-- contract's answers do.
select count(*)::int, string_agg(to_json(operation_id)::text, ','),
       max(occurred_time), (array_agg(operation_id))[count(*)]
from (
    select operation_id, occurred_time
    from {schema}.operations
    where true{filters}
    order by occurred_time, operation_id
    limit $1
) as page
