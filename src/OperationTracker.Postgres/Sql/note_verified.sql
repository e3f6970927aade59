update {schema}.projections
set verified_at = clock_timestamp(), verified_operations = $2, differences = $3
where name = $1
