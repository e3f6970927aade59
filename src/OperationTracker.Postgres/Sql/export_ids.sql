select stream_id from pg_temp.export_streams order by stream_id
