-- What is left to read.
select range, reached, last from {schema}.projection_rebuild_ranges where rebuild = $1 and not finished order by range
