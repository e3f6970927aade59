-- Streams that divide all of them into about equal parts.
select id from (
    select id, row_number() over (order by id) as place, count(*) over () as streams from {schema}.mt_streams
) as numbered
where place % greatest(streams / $1, 1000) = 0
order by id
