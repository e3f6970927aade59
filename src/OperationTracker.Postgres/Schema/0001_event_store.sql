-- Marten 9's tables, as its own schema check accepts them: nothing here may be added to or taken from, names of
-- constraints and indexes included. "if not exists" lets a tracker move into a schema that Marten has made.

create sequence if not exists {schema}.mt_events_sequence;

create table if not exists {schema}.mt_streams (
    id          varchar     not null constraint pkey_mt_streams_id primary key,
    type        varchar,
    version     bigint,
    timestamp   timestamptz not null default now(),
    created     timestamptz not null default now(),
    tenant_id   varchar     default '*DEFAULT*',
    is_archived boolean     default false
);

create table if not exists {schema}.mt_events (
    seq_id         bigint       not null constraint pkey_mt_events_seq_id primary key,
    id             uuid         not null,
    stream_id      varchar      constraint fkey_mt_events_stream_id references {schema}.mt_streams (id) on delete cascade,
    version        bigint       not null,
    data           jsonb        not null,
    bdata          bytea,
    type           varchar(500) not null,
    timestamp      timestamptz  not null default now(),
    tenant_id      varchar      default '*DEFAULT*',
    mt_dotnet_type varchar,
    correlation_id varchar,
    causation_id   varchar,
    headers        jsonb,
    user_name      varchar,
    is_archived    boolean      default false
);

-- The metadata columns are options of Marten; a schema that it made without them gets them.
alter table {schema}.mt_events
    add column if not exists correlation_id varchar,
    add column if not exists causation_id   varchar,
    add column if not exists headers        jsonb,
    add column if not exists user_name      varchar;

create unique index if not exists pk_mt_events_stream_and_version on {schema}.mt_events (stream_id, version);

alter sequence {schema}.mt_events_sequence owned by {schema}.mt_events.seq_id;

create table if not exists {schema}.mt_event_progression (
    name         varchar not null constraint pk_mt_event_progression primary key,
    last_seq_id  bigint,
    last_updated timestamptz default transaction_timestamp()
);

-- A storage parameter, which Marten leaves alone: room for the next versions of a row beside it, so that moving a
-- stream forward touches no index. (The same is done to operations below, where a row is written for each PUT.)
alter table {schema}.mt_streams set (fillfactor = 80);

-- From here on: side tables of the tracker's own.

create table {schema}.positions (
    position bigint not null constraint pk_positions primary key,
    seq_id   bigint not null constraint uq_positions_seq_id unique
);
comment on table {schema}.positions is
    'The order of the whole log: dense, written with the events under the append lock.';
comment on column {schema}.positions.position is '1, 2, 3 and so on, without gaps';
comment on column {schema}.positions.seq_id is 'mt_events.seq_id, which has gaps and may commit out of order';

create table {schema}.foreign_events (
    seq_id    bigint  not null constraint pk_foreign_events primary key,
    stream_id varchar not null
);
comment on table {schema}.foreign_events is
    'Events appended by other applications that have no position yet; seen here exactly when their transaction commits.';

create table {schema}.stale_views (
    stream_id varchar not null constraint pk_stale_views primary key
);
comment on table {schema}.stale_views is 'Streams that other applications appended to since their view was written.';

create table {schema}.operations (
    operation_id     text        collate "C" not null constraint pk_operations primary key,
    stream_version   bigint      not null,
    document_version bigint      not null,
    last_event_at    timestamptz not null,
    occurred_time    text        collate "C" not null,
    last_update_time text        collate "C" not null,
    status           text        collate "C" not null,
    request_method   text        collate "C" not null,
    request_uri      text        collate "C" not null,
    cluster_ids      text[]      collate "C" not null,
    content_hash     text        collate "C" not null,
    refusals         text        collate "C" not null,
    document         text        collate "C" not null
) with (fillfactor = 50);
comment on table {schema}.operations is 'What GET serves: the fold of each stream. Can be rebuilt from mt_events.';
comment on column {schema}.operations.stream_version is
    'events folded into the row; when mt_streams.version is another, the row is stale and reads fold the stream';
comment on column {schema}.operations.document_version is 'version of the last event that changed the document';
comment on column {schema}.operations.last_event_at is 'timestamp of the last event folded; the next one is not earlier';
comment on column {schema}.operations.cluster_ids is 'ids in target_clusters and rollbacks, each once';
comment on column {schema}.operations.content_hash is 'SHA-256 of the document''s UTF-8 bytes, hexadecimal';
comment on column {schema}.operations.refusals is
    'fingerprints of documents refused since the last accepted change, oldest first, one space between';
comment on column {schema}.operations.document is 'the document in the contract''s order, as GET serves it';

create index ix_operations_list on {schema}.operations (occurred_time, operation_id);
create index ix_operations_status on {schema}.operations (status, occurred_time, operation_id);
create index ix_operations_clusters on {schema}.operations using gin (cluster_ids);

-- Documents of some size are compressed when they are stored; lz4 takes a small part of the time that the default takes.
-- A storage option, which Marten leaves alone, and not every build of PostgreSQL has it.
do $$
begin
    alter table {schema}.mt_events alter column data set compression lz4;
    alter table {schema}.operations alter column document set compression lz4;
exception when feature_not_supported then
    raise notice 'this PostgreSQL was built without lz4';
end
$$;

-- Notes what other applications append, in their own transaction: however late it commits, and whatever gaps its
-- sequence numbers leave, its events are found when, and only when, they are there.
create function {schema}.note_foreign_event() returns trigger
    language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into {schema}.foreign_events (seq_id, stream_id) values (new.seq_id, new.stream_id);
    return null;
end
$$;

create trigger note_foreign_event after insert on {schema}.mt_events
    for each row when (current_setting('optrack.appending', true) is distinct from 'yes')
    execute function {schema}.note_foreign_event();

-- What stood here before the tracker did.
insert into {schema}.foreign_events (seq_id, stream_id) select seq_id, stream_id from {schema}.mt_events;
