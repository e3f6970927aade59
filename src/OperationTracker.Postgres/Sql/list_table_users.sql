-- Who has held the projection's tables for how long: whom a swap waits for.
select distinct a.pid, coalesce(nullif(a.application_name, ''), a.usename::text, 'a session'),
       coalesce(extract(epoch from clock_timestamp() - a.xact_start), 0)::float8
from {schema}.rebuilt_tables() t
join pg_locks l on l.relation = t.original and l.granted and l.pid <> pg_backend_pid()
join pg_stat_activity a on a.pid = l.pid
order by 3 desc
limit 3
