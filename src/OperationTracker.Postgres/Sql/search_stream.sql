-- As search_log, of one stream ($5): found by the stream's own index, in which the order of versions is that of
-- positions.
select position, stream_id, version, id, type, data, timestamp, causation_id, correlation_id, user_name, headers
from (
    select found.*, sum(octet_length(data)) over (order by position) - octet_length(data) as before
    from (
        select p.position, e.stream_id, e.version, e.id, e.type, e.data::text as data, e.timestamp, e.causation_id,
               e.correlation_id, e.user_name, e.headers
        from {schema}.mt_events e
        join {schema}.positions p on p.seq_id = any (array[e.seq_id])
        where e.stream_id = $5 and p.position > $1 and p.position <= $2{filters}
        order by e.version
        limit $3
    ) as found
) as page
where before < $4
order by position
