-- Columns, constraints, indexes, triggers and functions of a schema, each as a line of text.
select c.relname::text, format('column %s %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
       case when a.attnotnull then ' not null' else '' end)
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind = 'r'
where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = $1)
  and a.attnum > 0 and not a.attisdropped
union all
select c.relname::text, format('constraint %s %s', k.conname, pg_get_constraintdef(k.oid))
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
where k.connamespace = (select oid from pg_catalog.pg_namespace where nspname = $1)
union all
select i.tablename::text, format('index %s', i.indexdef) from pg_catalog.pg_indexes i where i.schemaname = $1
union all
select c.relname::text, pg_get_triggerdef(t.oid)
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = t.tgrelid
where c.relnamespace = (select oid from pg_catalog.pg_namespace where nspname = $1) and not t.tgisinternal
union all
select format('function %s', p.proname), pg_get_functiondef(p.oid)
from pg_catalog.pg_proc p
where p.pronamespace = (select oid from pg_catalog.pg_namespace where nspname = $1) and p.prokind = 'f'
