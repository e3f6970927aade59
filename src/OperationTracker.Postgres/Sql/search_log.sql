-- Events of a piece of the log, between two positions, that pass some filters. The page ends early where their data
-- together pass a number of bytes; it always holds one that is there.
select position, stream_id, version, id, type, data, timestamp, causation_id, correlation_id, user_name, headers
from (
    select found.*, sum(octet_length(data)) over (order by position) - octet_length(data) as before
    from (
        select p.position, e.stream_id, e.version, e.id, e.type, e.data::text as data, e.timestamp, e.causation_id,
               e.correlation_id, e.user_name, e.headers
        from {schema}.positions p
        join {schema}.mt_events e on e.seq_id = any (array[p.seq_id])
        where p.position > $1 and p.position <= $2{filters}
        order by p.position
        limit $3
    ) as found
) as page
where before < $4
order by position
