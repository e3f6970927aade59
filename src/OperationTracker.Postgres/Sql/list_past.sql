-- One page of the list as it stood at an instant ($2): the rows that stand since then, with their documents, and those
-- that others have taken the place of, without. Each of the two is ordered and limited by itself, so that it may go by
-- the index of that order where many rows pass, and scan where few do. The page ends early where documents are large.
select operation_id, occurred_time, last_update_time, status, stream_version, document
from (
    select page.*, sum(coalesce(octet_length(document), 0)) over (order by occurred_time, operation_id)
                   - coalesce(octet_length(document), 0) as before
    from (
        select * from (
            (select operation_id, occurred_time, last_update_time, status, stream_version, document
             from {schema}.operations
             where last_event_at <= $2{filters}
             order by occurred_time, operation_id
             limit $1)
            union all
            (select operation_id, occurred_time, last_update_time, status, stream_version, null
             from {schema}.past_operations
             where valid_from <= $2 and valid_to > $2{filters}
             order by occurred_time, operation_id
             limit $1)
        ) as rows
        order by occurred_time, operation_id
        limit $1
    ) as page
) as page
where before < $3
order by occurred_time, operation_id
