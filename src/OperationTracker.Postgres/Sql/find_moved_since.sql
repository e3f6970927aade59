-- Another application may leave the stream's time as it was; what it appended has its own.
select id from {schema}.mt_streams where timestamp >= $1
union
select stream_id from {schema}.mt_events where timestamp >= $1
