-- One page of all events in the order of streams and versions, with their seals and what their streams' rows say.
select e.stream_id, e.version, e.seq_id, e.id, e.type, e.mt_dotnet_type, e.data::text, e.headers::text, e.timestamp,
       e.causation_id, e.correlation_id, e.user_name, p.position, p.form, p.secret, o.salts, p.link, s.version,
       e.tenant_id is distinct from '*DEFAULT*' or e.bdata is not null, s.type
from {schema}.mt_events e
left join {schema}.mt_streams s on s.id = any (array[e.stream_id])
left join {schema}.positions p on p.seq_id = any (array[e.seq_id])
left join {schema}.openings o on o.seq_id = any (array[e.seq_id])
where (e.stream_id, e.version) > ($1, $2) and ($3 is null or e.stream_id <= $3)
order by e.stream_id, e.version
limit $4
