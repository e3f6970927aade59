update {schema}.projection_rebuilds
set state = $3, error = $4, finished_at = clock_timestamp(), updated_at = clock_timestamp()
where id = $1 and holder = $2 and state = 'running'
