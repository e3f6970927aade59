-- Which of some streams other applications have appended to, without the view having been caught up yet.
select stream_id from {schema}.stale_views where stream_id = any ($1)
union
select stream_id from {schema}.foreign_events where stream_id = any ($1)
