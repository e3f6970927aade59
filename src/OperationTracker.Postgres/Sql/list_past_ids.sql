-- One page of ids as they stood at an instant ($2), joined as list_ids does; the rows are found as list_past finds them.
select count(*)::int, string_agg(to_json(operation_id)::text, ','), max(occurred_time), (array_agg(operation_id))[count(*)]
from (
    select * from (
        (select operation_id, occurred_time
         from {schema}.operations
         where last_event_at <= $2{filters}
         order by occurred_time, operation_id
         limit $1)
        union all
        (select operation_id, occurred_time
         from {schema}.past_operations
         where valid_from <= $2 and valid_to > $2{filters}
         order by occurred_time, operation_id
         limit $1)
    ) as rows
    order by occurred_time, operation_id
    limit $1
) as page
