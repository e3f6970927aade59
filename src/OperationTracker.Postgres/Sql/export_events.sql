-- One page of events with their seals, in the order of positions; columns as in audit_streams.
select e.stream_id, e.version, e.seq_id, e.id, e.type, e.mt_dotnet_type, e.data::text, e.headers::text, e.timestamp,
       e.causation_id, e.correlation_id, e.user_name, p.position, p.form, p.secret, o.salts, p.link,
       null::bigint, false, null::varchar
from (select position from {chosen} where position > $1 and position <= $2 order by position limit $3) x
join {schema}.positions p on p.position = any (array[x.position])
join {schema}.mt_events e on e.seq_id = any (array[p.seq_id])
left join {schema}.openings o on o.seq_id = any (array[e.seq_id])
order by x.position
