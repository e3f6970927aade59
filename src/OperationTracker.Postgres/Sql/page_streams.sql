-- The next streams, with the versions that they stand at.
select id, coalesce(version, 0) from {schema}.mt_streams where id > $1{until} order by id limit $2
