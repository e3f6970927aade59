insert into pg_temp.export_streams (stream_id)
select s.id from unnest($1) as i (id) join {schema}.mt_streams s on s.id = i.id
on conflict do nothing
