-- JSON as PostgreSQL prints it once it is stored.
select j::text from unnest($1::jsonb[]) with ordinality as u (j, place) order by place
