-- Where ranges of streams end, in the order of the index: every $1-th stream, and the last that there is. What comes
-- later is not walked over: where ids grow, the walk would never come to an end. From one end to the next the index is
-- stepped along, without holding what lies between.
with recursive ends (id) as (
    select ''::varchar
    union all
    select (select s.id from {schema}.mt_streams s where s.id > e.id order by s.id offset $1 - 1 limit 1)
    from ends e
    where e.id is not null
), last (id) as (
    select id from {schema}.mt_streams order by id desc limit 1
)
select id from ends where id <> '' union select id from last order by id
