-- Statements that give the copies the indexes which their originals have and they have not.
select format('create %sindex %I on %s%s', case when i.indisunique then 'unique ' else '' end, n.name, t.copy,
              substr(d.definition, position(' USING ' in d.definition))),
       case when k.contype is not null then
           format('alter table %s add constraint %I %s using index %I', t.copy, n.name,
                  case k.contype when 'p' then 'primary key' else 'unique' end, n.name)
       end
from {schema}.rebuilt_tables() t
cross join lateral {schema}.pair_indexes(t.original, t.copy) p
join pg_index i on i.indexrelid = p.source_index
left join pg_constraint k on k.conindid = p.source_index and k.contype in ('p', 'u')
cross join lateral (select 'rebuild_' || i.indexrelid::text) as n (name)
cross join lateral (select pg_get_indexdef(i.indexrelid)) as d (definition)
where p.target_index is null
order by i.indisprimary desc, i.indexrelid
