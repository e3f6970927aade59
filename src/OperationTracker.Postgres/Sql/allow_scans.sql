-- For the statement that follows in the same batch: it may scan, and is planned for the values that it is given.
select set_config('enable_seqscan', 'on', true), set_config('plan_cache_mode', 'force_custom_plan', true)
