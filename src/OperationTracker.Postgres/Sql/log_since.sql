-- What has happened since a position: where the log ends now, when the view's table was last written otherwise than by
-- appends and which server this is, and the streams that were appended to. Those are null when they are more than asked
-- for; what other applications have appended counts from its commit on, before it has a position.
select l.position, p.xmin::text, pg_postmaster_start_time(),
       case when l.position - $1 <= $2 and f.streams is not null then f.streams || array(
           select e.stream_id::text
           from (select seq_id from {schema}.positions where position > $1 order by position) c
           join {schema}.mt_events e on e.seq_id = any (array[c.seq_id]))
       end
from (select coalesce((select position from {schema}.positions order by position desc limit 1), 0)) l (position)
cross join lateral (
    select case when count(*) <= $2 then coalesce(array_agg(n.stream_id::text), '{}') end
    from (select stream_id from {schema}.foreign_events order by seq_id limit $2 + 1) n
) f (streams)
left join {schema}.projections p on p.name = 'operations'
