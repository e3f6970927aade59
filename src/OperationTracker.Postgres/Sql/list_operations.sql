-- One page of the list. The page ends early where its documents together pass a number of bytes, so that a page of
-- large documents does not fill the memory; it always holds one.
select operation_id, occurred_time, last_update_time, status, document
from (
    select operation_id, occurred_time, last_update_time, status, document,
           sum(octet_length(document)) over (order by occurred_time, operation_id) - octet_length(document) as before
    from {schema}.operations
    where true{filters}
    order by occurred_time, operation_id
    limit $1
) as page
where before < $2
order by occurred_time, operation_id
