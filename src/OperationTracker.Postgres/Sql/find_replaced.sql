-- Whether tables that a rebuild has replaced are still there (a row), and whether they have been for an hour: so long a
-- quiet moment is waited for.
select coalesce(
    (select max(finished_at) < clock_timestamp() - interval '1 hour'
     from {schema}.projection_rebuilds where state = 'done'), true)
where to_regclass('{schema}.operations_replaced') is not null
   or to_regclass('{schema}.past_operations_replaced') is not null
