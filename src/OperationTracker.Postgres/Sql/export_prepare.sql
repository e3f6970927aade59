-- What a session that exports a part of the operations keeps beside.
drop table if exists pg_temp.export_streams, pg_temp.export_positions;
create temp table export_streams (stream_id text collate "C" not null primary key);
create temp table export_positions (position bigint not null primary key);
