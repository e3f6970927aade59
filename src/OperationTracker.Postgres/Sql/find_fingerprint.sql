select fingerprint from {schema}.projections where name = $1
