-- What GET needs of some operations. The view serves when it stands at its stream's version; a document that the client
-- has already stays where it is.
select i.ordinal::int, coalesce(s.version = o.stream_version, false), o.document_version, o.content_hash,
       case when i.known is distinct from '"' || o.document_version || '-' || left(o.content_hash, 32) || '"'
            then o.document else '' end
from unnest($1::text[], $2::text[]) with ordinality as i (id, known, ordinal)
join {schema}.mt_streams s on s.id = any (array[i.id])
left join {schema}.operations o on o.operation_id = any (array[i.id])
