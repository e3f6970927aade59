-- What a table that takes another's place would leave behind, in words.
with tables as (
    select oid, oid::regclass as name from pg_class
    where oid in (to_regclass('{schema}.operations'), to_regclass('{schema}.past_operations'))
)
select distinct format('the view %s', v.oid::regclass)
from tables t
join pg_depend d on d.refobjid = t.oid and d.refclassid = 'pg_class'::regclass and d.classid = 'pg_rewrite'::regclass
join pg_rewrite r on r.oid = d.objid
join pg_class v on v.oid = r.ev_class and v.oid <> t.oid
union all
select format('the trigger %s on %s', g.tgname, t.name)
from tables t join pg_trigger g on g.tgrelid = t.oid and not g.tgisinternal
union all
select format('the policy %s on %s', p.polname, t.name) from tables t join pg_policy p on p.polrelid = t.oid
union all
select format('the publication %s', p.pubname)
from tables t join pg_publication_rel r on r.prrelid = t.oid join pg_publication p on p.oid = r.prpubid
union all
select format('the foreign key %s', k.conname)
from tables t join pg_constraint k on k.contype in ('f', 'x') and t.oid in (k.conrelid, k.confrelid)
union all
select format('the inheriting table %s', i.inhrelid::regclass) from tables t join pg_inherits i on i.inhparent = t.oid
