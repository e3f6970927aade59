-- Events of one stream. The page ends early where their data together pass a number of bytes; it always holds one.
select position, stream_id, version, id, type, data, timestamp, causation_id, correlation_id, user_name, headers
from (
    select found.*, sum(octet_length(data)) over (order by version) - octet_length(data) as before
    from (
        select coalesce(p.position, 0) as position, e.stream_id, e.version, e.id, e.type, e.data::text as data,
               e.timestamp, e.causation_id, e.correlation_id, e.user_name, e.headers
        from {schema}.mt_events e
        left join {schema}.positions p on p.seq_id = any (array[e.seq_id])
        where e.stream_id = $1 and e.version > $2
        order by e.version
        limit $3
    ) as found
) as page
where before < $4
order by version
