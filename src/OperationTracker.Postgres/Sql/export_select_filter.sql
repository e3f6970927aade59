insert into pg_temp.export_streams (stream_id)
select operation_id from {schema}.operations where true{filters}
on conflict do nothing
