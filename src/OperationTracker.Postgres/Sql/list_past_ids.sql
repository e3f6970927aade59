-- One page of ids as they stood at an instant ($2), joined as list_ids does, and whether more follow; the rows are
-- found as list_past finds them, one more than the page holds.
select count(*) filter (where place <= $1)::int,
       string_agg(to_json(operation_id)::text, ',') filter (where place <= $1),
       max(occurred_time) filter (where place <= $1), (array_agg(operation_id))[least(count(*), $1)], count(*) > $1
from (
    select operation_id, occurred_time, row_number() over (order by occurred_time, operation_id) as place
    from (
        (select operation_id, occurred_time
         from {schema}.operations
         where last_event_at <= $2{filters}
         order by occurred_time, operation_id
         limit $1 + 1)
        union all
        (select operation_id, occurred_time
         from {schema}.past_operations
         where valid_from <= $2 and valid_to > $2{filters}
         order by occurred_time, operation_id
         limit $1 + 1)
    ) as rows
    order by occurred_time, operation_id
    limit $1 + 1
) as page
