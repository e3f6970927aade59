update {schema}.projections set fingerprint = $2
where name = $1 and fingerprint <> $2 and not exists (select from {schema}.operations)
