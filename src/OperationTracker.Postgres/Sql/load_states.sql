-- What deciding needs of some operations. The view serves when it stands at its stream's version.
select i.ordinal::int, s.version, o.stream_version, o.document_version, o.last_event_at, o.content_hash, o.refusals,
       o.document
from unnest($1::text[]) with ordinality as i (id, ordinal)
join {schema}.mt_streams s on s.id = any (array[i.id])
left join {schema}.operations o on o.operation_id = any (array[i.id])
