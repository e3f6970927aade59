select {schema}.redact_events($1, $2, $3, $4, $5, $6), {schema}.forget_in_copies($1)
