select id from {schema}.mt_streams where id > $1 order by id limit $2
