-- What deciding needs of some operations. The view serves when it stands at its stream's version. The last link is null
-- where another application appended last and its event has no position yet; its event is looked for in a subquery with
-- a limit, which is planned by itself: both columns are conditions of the index then, however empty the table looks.
select i.ordinal::int, s.version, o.stream_version, o.document_version, o.last_event_at, o.content_hash, o.refusals,
       o.document, o.redactions, p.link
from unnest($1::text[]) with ordinality as i (id, ordinal)
join {schema}.mt_streams s on s.id = any (array[i.id])
left join {schema}.operations o on o.operation_id = any (array[i.id])
left join lateral (
    select m.seq_id from {schema}.mt_events m where m.stream_id = i.id and m.version = s.version limit 1) as e on true
left join {schema}.positions p on p.seq_id = any (array[e.seq_id])
