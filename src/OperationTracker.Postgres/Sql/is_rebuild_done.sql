select true from {schema}.projection_rebuilds where id = $1 and holder = $2 and state = 'done'
