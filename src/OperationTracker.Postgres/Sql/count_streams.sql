select count(*), coalesce(sum(version), 0)::bigint from {schema}.mt_streams
