-- What GET needs of some operations. The view serves when it stands at its stream's version.
select i.ordinal::int, coalesce(s.version = o.stream_version, false), o.document_version, o.content_hash, o.document
from unnest($1::text[]) with ordinality as i (id, ordinal)
join {schema}.mt_streams s on s.id = i.id
left join {schema}.operations o on o.operation_id = i.id
