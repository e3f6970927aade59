-- With a sign for those who remember views: what is written here is not in the log.
with outcomes as materialized (
    select operation_id, outcome from {schema}.write_views($1, $2, $3, $4, $5)
), signed as (
    update {schema}.projections set name = name
    where name = 'operations' and exists (select from outcomes where outcome = 'written')
)
select operation_id, outcome from outcomes
