-- What is known of a projection. Rows are the statistics' estimate: counting them would read the whole table.
select p.fingerprint, p.built_at, p.verified_at, p.verified_operations, p.differences,
       coalesce((select position from {schema}.positions order by position desc limit 1), 0),
       (select count(*) from {schema}.stale_views)
           + (select count(distinct stream_id) from (select stream_id from {schema}.foreign_events limit 10000) as f),
       (select greatest(reltuples, 0)::bigint from pg_class where oid = to_regclass('{schema}.operations')),
       (select coalesce(sum(pg_total_relation_size(t.original)), 0)::bigint from {schema}.rebuilt_tables() t)
from {schema}.projections p
where p.name = $1
