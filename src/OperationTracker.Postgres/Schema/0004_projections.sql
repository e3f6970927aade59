-- What is known of each projection: which fold built its table, and when the table was last made or looked at.
create table {schema}.projections (
    name                text        collate "C" not null constraint pk_projections primary key,
    fingerprint         text        collate "C" not null,
    built_at            timestamptz not null,
    verified_at         timestamptz,
    verified_operations bigint,
    differences         bigint
);
comment on table {schema}.projections is 'Tables that can be made anew from mt_events, and which fold made them.';
comment on column {schema}.projections.fingerprint is 'of the projection''s code that built the whole table';
comment on column {schema}.projections.built_at is 'when the table was last built as a whole';
comment on column {schema}.projections.verified_at is 'when the whole table was last compared with the fold of its events';
comment on column {schema}.projections.differences is 'rows that differed then, before anything was healed';

insert into {schema}.projections (name, fingerprint, built_at) values ('operations', 'operations-1', now());

create table {schema}.projection_rebuilds (
    id             bigint      generated always as identity constraint pk_projection_rebuilds primary key,
    projection     text        collate "C" not null,
    fingerprint    text        collate "C" not null,
    schema_version int         not null,
    state          text        collate "C" not null,
    phase          text        collate "C" not null,
    horizon        bigint      not null,
    streams_total  bigint      not null,
    events_total   bigint      not null,
    streams        bigint      not null default 0,
    events         bigint      not null default 0,
    rows           bigint      not null default 0,
    faults         bigint      not null default 0,
    lock_ms        double precision,
    holder         uuid        not null,
    host           text        not null,
    process        int         not null,
    started_at     timestamptz not null default clock_timestamp(),
    resumed_at     timestamptz not null default clock_timestamp(),
    updated_at     timestamptz not null default clock_timestamp(),
    finished_at    timestamptz,
    error          text
);
comment on table {schema}.projection_rebuilds is 'Rebuilds, with their checkpoints: what is committed here is in the table beside.';
comment on column {schema}.projection_rebuilds.state is 'running, done, failed or interrupted; running without its lock: crashed';
comment on column {schema}.projection_rebuilds.phase is 'read, index, catch-up, swap or done';
comment on column {schema}.projection_rebuilds.horizon is 'position up to which every change is in the table beside, once read is over';
comment on column {schema}.projection_rebuilds.lock_ms is 'how long the swap held the append lock';
comment on column {schema}.projection_rebuilds.holder is 'changes with whoever goes on with it; who was it before writes no more';
comment on column {schema}.projection_rebuilds.updated_at is 'the holder''s last sign of life';

create table {schema}.projection_rebuild_ranges (
    rebuild  bigint  not null constraint fk_projection_rebuild_ranges
        references {schema}.projection_rebuilds (id) on delete cascade,
    range    int     not null,
    reached  varchar not null,
    last     varchar,
    finished boolean not null default false,
    streams  bigint  not null default 0,
    events   bigint  not null default 0,
    rows     bigint  not null default 0,
    constraint pk_projection_rebuild_ranges primary key (rebuild, range)
);
comment on column {schema}.projection_rebuild_ranges.reached is 'streams up to this one, in the order of the index, are done';
comment on column {schema}.projection_rebuild_ranges.last is 'the range''s last stream; null for the end of all';

-- Makes a table like another in all that "like" leaves out: owner, storage options, grants, comment, targets of statistics.
create function {schema}.copy_table_settings(source regclass, target regclass) returns void
    language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
    made_from pg_class;
    entry     record;
begin
    select * into made_from from pg_class where oid = source;
    if made_from.relowner <> (select relowner from pg_class where oid = target) then
        execute format('alter table %s owner to %I', target, pg_get_userbyid(made_from.relowner));
    end if;
    for entry in
        select option from unnest(made_from.reloptions) as option
        union all
        select 'toast.' || option
        from pg_class t, unnest(t.reloptions) as option where t.oid = made_from.reltoastrelid
    loop
        execute format('alter table %s set (%s)', target, entry.option);
    end loop;
    for entry in
        select distinct grantee from pg_class c, aclexplode(c.relacl) where c.oid = target
    loop
        execute format('revoke all on table %s from %s', target,
            case entry.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(entry.grantee)) end);
    end loop;
    for entry in
        select g.grantee, g.privilege_type, g.is_grantable, '' as column_name
        from aclexplode(made_from.relacl) as g
        union all
        select g.grantee, g.privilege_type, g.is_grantable, format('(%I)', a.attname)
        from pg_attribute a, aclexplode(a.attacl) as g where a.attrelid = source
    loop
        execute format('grant %s%s on table %s to %s%s', entry.privilege_type, entry.column_name, target,
            case entry.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(entry.grantee)) end,
            case when entry.is_grantable then ' with grant option' else '' end);
    end loop;
    execute format('comment on table %s is %L', target, obj_description(source, 'pg_class'));
    for entry in
        select attname, attstattarget from pg_attribute where attrelid = source and attnum > 0 and attstattarget > 0
    loop
        execute format('alter table %s alter column %I set statistics %s', target, entry.attname, entry.attstattarget);
    end loop;
end
$$;

-- The indexes of two tables, paired by what they are.
create function {schema}.pair_indexes(source regclass, target regclass)
    returns table (source_index regclass, target_index regclass)
    language sql stable set search_path = pg_catalog, pg_temp
as $$
    with described as (
        select i.indrelid, i.indexrelid::regclass as name, i.indisprimary, i.indisunique, d.definition,
               row_number() over (partition by i.indrelid, d.definition, i.indisunique, i.indisprimary
                                  order by i.indexrelid) as turn
        from pg_index i
        cross join lateral pg_get_indexdef(i.indexrelid) as whole
        cross join lateral substr(whole, position(' USING ' in whole)) as d (definition)
        where i.indrelid in (source, target) and i.indisvalid
    )
    select s.name, t.name
    from described s
    left join described t on t.indrelid = target
        and (t.definition, t.indisprimary, t.indisunique, t.turn) = (s.definition, s.indisprimary, s.indisunique, s.turn)
    where s.indrelid = source
$$;

-- The tables that a rebuild makes anew, and those that it makes beside them; null where there is none.
create function {schema}.rebuilt_tables() returns table (original regclass, copy regclass)
    language sql stable set search_path = pg_catalog, pg_temp
as $$
    values (to_regclass('{schema}.operations'), to_regclass('{schema}.operations_rebuild')),
           (to_regclass('{schema}.past_operations'), to_regclass('{schema}.past_operations_rebuild'))
$$;

-- Puts the tables that a rebuild has made in the place of operations and of past_operations, its side table, if nothing has
-- changed since the position up to which they are caught up; else returns the streams that have, for the caller to fold and
-- try again. Under the append lock; a reader who holds a table is waited for no longer than the given time (lock_not_available is
-- raised then, and nothing is done), for all who come later wait behind this statement. The old tables stay, with "replaced"
-- in their names, for the caller to drop.
--
-- Raises OT001 when the append lock was not to be had, OT002 when indexes were made on a table meanwhile, OT003 when the
-- rebuild is not the running one any more.
create function {schema}.swap_operations(rebuild bigint, held_by uuid, caught_up_to bigint, patience text)
    returns table (stream_id varchar, up_to bigint)
    language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    since         timestamptz;
    last_position bigint;
    changed       varchar[];
    pairs         record;
    index_name    name;
begin
    begin
        perform pg_advisory_xact_lock({append_lock});
    exception when lock_not_available then
        raise exception 'the append lock is held' using errcode = 'OT001';
    end;
    since := clock_timestamp();
    perform set_config('lock_timeout', patience, true);
    perform set_config('synchronous_commit', 'on', true);
    perform from {schema}.projection_rebuilds r
    where r.id = rebuild and r.holder = held_by and r.state = 'running' for update;
    if not found then
        raise exception 'another rebuild has begun' using errcode = 'OT003';
    end if;

    last_position := coalesce((select position from {schema}.positions order by position desc limit 1), 0);
    select array(
        select distinct e.stream_id
        from {schema}.positions p
        join {schema}.mt_events e on e.seq_id = any (array[p.seq_id])
        where p.position > caught_up_to)
    into changed;
    if cardinality(changed) > 0 then
        return query select c, last_position from unnest(changed) as c;
        return;
    end if;

    for pairs in select * from {schema}.rebuilt_tables() loop
        if exists (select from {schema}.pair_indexes(pairs.original, pairs.copy) p where p.target_index is null) then
            raise exception 'a table has other indexes than its copy' using errcode = 'OT002';
        end if;
        perform {schema}.copy_table_settings(pairs.original, pairs.copy);
    end loop;

    lock table {schema}.operations, {schema}.past_operations in access exclusive mode;
    for pairs in
        select p.source_index, p.target_index, i.relname
        from {schema}.rebuilt_tables() t
        cross join lateral {schema}.pair_indexes(t.original, t.copy) p
        join pg_class i on i.oid = p.source_index
    loop
        index_name := pairs.relname;
        execute format('alter index %s rename to %I', pairs.source_index, 'replaced_' || pairs.source_index::oid);
        execute format('alter index %s rename to %I', pairs.target_index, index_name);
        execute format('comment on index %s is %L',
            pairs.target_index, obj_description(pairs.source_index, 'pg_class'));
    end loop;
    alter table {schema}.operations rename to operations_replaced;
    alter table {schema}.operations_rebuild rename to operations;
    alter table {schema}.past_operations rename to past_operations_replaced;
    alter table {schema}.past_operations_rebuild rename to past_operations;

    update {schema}.projections p set fingerprint = r.fingerprint, built_at = clock_timestamp()
    from {schema}.projection_rebuilds r where r.id = rebuild and p.name = r.projection;
    update {schema}.projection_rebuilds r
    set state = 'done', phase = 'done', finished_at = clock_timestamp(), updated_at = clock_timestamp(),
        lock_ms = 1000 * extract(epoch from clock_timestamp() - since)
    where r.id = rebuild;
    insert into {schema}.admin_log (command, by, detail)
    select 'projections rebuild', r.host, jsonb_build_object(
        'projection', r.projection, 'rebuild', r.id, 'fingerprint', r.fingerprint, 'faults', r.faults)
    from {schema}.projection_rebuilds r where r.id = rebuild;
end
$$;

-- Writes views where they are: for streams that still stand at the version that was folded, and whose row is another one.
-- Under the append lock, so that nothing moves between the comparison and the writing. Rows as JSON objects with the
-- columns of operations; streams that fold to no document, or are not there (version 0), by id and version. Returns the
-- operations that were written or deleted, and those that have moved on meanwhile.
--
-- Raises OT001 when the append lock was not to be had; nothing was written then.
create function {schema}.write_views(rows jsonb, gone_ids text[], gone_versions bigint[], command text, by_whom text)
    returns table (operation_id text, outcome text)
    language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    moved   text[];
    changed text[];
    gone    text[];
begin
    begin
        perform pg_advisory_xact_lock({append_lock});
    exception when lock_not_available then
        raise exception 'the append lock is held' using errcode = 'OT001';
    end;
    perform set_config('lock_timeout', '250ms', true);
    perform set_config('synchronous_commit', 'on', true);

    select array(
        select f.id
        from (select r.operation_id as id, r.stream_version as version
              from jsonb_to_recordset(rows) as r (operation_id text, stream_version bigint)
              union all
              select g.id, g.version from unnest(gone_ids, gone_versions) as g (id, version)) as f
        left join {schema}.mt_streams s on s.id = any (array[f.id])
        where coalesce(s.version, 0) <> f.version)
    into moved;
    select array(
        select r.operation_id
        from jsonb_populate_recordset(null::{schema}.operations, rows) r
        left join {schema}.operations o on o.operation_id = any (array[r.operation_id])
        where r.operation_id <> all (moved) and o is distinct from r)
    into changed;

    with deleted as (
        delete from {schema}.operations o
        using unnest(gone_ids) as g (id) where o.operation_id = any (array[g.id]) and g.id <> all (moved)
        returning o.operation_id as id
    )
    select coalesce(array_agg(id), '{}') from deleted into gone;
    delete from {schema}.operations o using unnest(changed) as c (id) where o.operation_id = any (array[c.id]);
    insert into {schema}.operations
    select r.* from jsonb_populate_recordset(null::{schema}.operations, rows) r where r.operation_id = any (changed);

    if cardinality(changed) + cardinality(gone) > 0 then
        insert into {schema}.admin_log (command, by, detail)
        values (command, by_whom, jsonb_build_object('operations', changed || gone));
    end if;
    return query
        select c, 'written' from unnest(changed || gone) as c union all select m, 'moved' from unnest(moved) as m;
end
$$;

-- Takes a stream out of the tables of a rebuild, under way, broken off or just replaced: something of it was redacted, and
-- must not stand there. A rebuild under way folds the stream anew, for the redaction is an event.
create function {schema}.forget_in_copies(stream text) returns void
    language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    copy regclass;
begin
    foreach copy in array array[
        to_regclass('{schema}.operations_rebuild'), to_regclass('{schema}.past_operations_rebuild'),
        to_regclass('{schema}.operations_replaced'), to_regclass('{schema}.past_operations_replaced')]
    loop
        if copy is not null then
            execute format('delete from %s where operation_id = $1', copy) using stream;
        end if;
    end loop;
end
$$;
