-- Who has held the projection's tables, or those that take their places, for how long: whom a swap waits for.
select a.pid, coalesce(nullif(a.application_name, ''), a.usename::text, 'a session'),
       coalesce(extract(epoch from statement_timestamp() - a.xact_start), 0)::float8
from pg_stat_activity a
where a.pid <> pg_backend_pid() and exists (
    select from {schema}.rebuilt_tables() t
    join pg_locks l on l.relation in (t.original, t.copy) and l.granted and l.pid = a.pid)
order by 3 desc
limit 3
