insert into {schema}.admin_log (command, by, detail) values ($1, $2, $3)
