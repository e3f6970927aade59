-- What deciding needs of some operations. The view serves when it stands at its stream's version. The last link is null
-- where another application appended last and its event has no position yet.
select i.ordinal::int, s.version, o.stream_version, o.document_version, o.last_event_at, o.content_hash, o.refusals,
       o.document, o.redactions, p.link
from unnest($1::text[]) with ordinality as i (id, ordinal)
join {schema}.mt_streams s on s.id = any (array[i.id])
left join {schema}.operations o on o.operation_id = any (array[i.id])
left join {schema}.mt_events e on e.stream_id = any (array[i.id]) and e.version = any (array[s.version])
left join {schema}.positions p on p.seq_id = any (array[e.seq_id])
