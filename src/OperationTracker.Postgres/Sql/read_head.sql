select coalesce((select position from {schema}.positions order by position desc limit 1), 0)
