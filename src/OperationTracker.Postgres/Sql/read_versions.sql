select id, coalesce(version, 0) from {schema}.mt_streams where id = any ($1)
