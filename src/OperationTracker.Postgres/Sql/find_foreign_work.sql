-- Whether other applications have appended what has no position yet, and which views are behind because of them.
select exists (select from {schema}.foreign_events), array(select stream_id from {schema}.stale_views limit $1)
