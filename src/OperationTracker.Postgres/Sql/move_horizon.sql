-- Every change up to this position is in the table beside.
update {schema}.projection_rebuilds set horizon = $3 where id = $1 and holder = $2 and state = 'running'
