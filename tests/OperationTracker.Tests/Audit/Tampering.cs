namespace OperationTracker.Tests.Audit;

/// <summary>
/// What somebody with all rights on the database may do to the record, as SQL. <c>{n}</c> is a random position.
/// </summary>
/// <param name="Name">What it is.</param>
/// <param name="Sql">How it is done.</param>
/// <param name="IsSeenWithout">Whether it is found without a checkpoint too, as the documentation promises.</param>
internal sealed record Tampering(string Name, string Sql, bool IsSeenWithout = true)
{
    private const string One = "(select seq_id from tracker.positions where position = {n})";
    private const string StreamOfOne = $"(select stream_id from tracker.mt_events where seq_id = {One})";

    public static IReadOnlyList<Tampering> All { get; } =
    [
        Column("type", "type || 'x'"),
        Column("id", "gen_random_uuid()"),
        Column("timestamp", "timestamp + interval '1 microsecond'"),
        Column("timestamp", "timestamp - interval '1 hour'"),
        Column("causation_id", "coalesce(causation_id, '') || 'x'"),
        Column("correlation_id", "coalesce(correlation_id, '') || 'x'"),
        Column("user_name", "coalesce(user_name, '') || 'x'"),
        Column("mt_dotnet_type", "coalesce(mt_dotnet_type, '') || 'x'"),
        Column("headers", "coalesce(headers, '{}') || '{\"address\": \"192.0.2.2\"}'"),
        Column("headers", "'[]'"),
        Column("data", "data || '{\"last_update_time\": \"20000101_000000\"}'"),
        Column("data", "data || '{\"more\": 1}'"),
        Column("data", "overlay(data::text placing '{\"z\": 1, ' from 1 for 1)::jsonb"),
        Column(
            "data",
            "(select jsonb_object_agg(k, case when jsonb_typeof(v) = 'string' then to_jsonb((v #>> '{}') || '!') "
            + "when jsonb_typeof(v) = 'object' then v || '{\"body\": \"other\"}' else v end)"
            + " from jsonb_each(data) as x (k, v))"),
        Column("tenant_id", "'another'"),
        Column("bdata", "'\\x00'"),
        Column("version", "version + 1000"),
        Column("seq_id", "seq_id + 1000000"),
        Column("stream_id", "'elsewhere'"),
        Seal("link", "set_byte(link, 7, get_byte(link, 7) # 1)"),
        // A secret covers nothing in an event without a value that may be redacted.
        new("positions.secret changed by a bit", """
            update tracker.positions p set secret = set_byte(secret, 3, get_byte(secret, 3) # 128)
            where position = {n} and exists (
                select from tracker.mt_events e
                where e.seq_id = p.seq_id and (form = 0 or e.data::text ~ '"(body|uri|sub_status|json)": "'))
            """),
        Seal("secret", "null"),
        Seal("form", "1 - form"),
        Seal("position", "position + 100000"),
        new("an event removed", $"delete from tracker.mt_events where seq_id = {One}"),
        new("an event removed with its position",
            $"delete from tracker.mt_events where seq_id = {One};"
            + " delete from tracker.positions where position = {n}"),
        new("an event removed and the log closed up", $"""
            delete from tracker.mt_events where seq_id = {One}; delete from tracker.positions where position = {"{n}"};
            update tracker.positions set position = -position where position > {"{n}"};
            update tracker.positions set position = -position - 1 where position < 0
            """),
        new("a stream removed", $"""
            delete from tracker.mt_events where stream_id = {StreamOfOne}
            """),
        new("a stream removed with all that belongs to it", $"""
            create temp table gone as select seq_id, stream_id from tracker.mt_events where stream_id = {StreamOfOne};
            delete from tracker.positions where seq_id in (select seq_id from gone);
            delete from tracker.mt_events where seq_id in (select seq_id from gone);
            delete from tracker.mt_streams where id in (select stream_id from gone)
            """),
        new("the end of a stream removed", $"""
            delete from tracker.mt_events e where stream_id = {StreamOfOne} and version > 1
            """),
        new("the end of the log cut off", """
            create temp table gone as
            select p.seq_id, p.position from tracker.positions p where position >= greatest({n}, 2);
            delete from tracker.mt_events where seq_id in (select seq_id from gone);
            delete from tracker.positions where seq_id in (select seq_id from gone);
            delete from tracker.mt_streams s
            where not exists (select from tracker.mt_events e where e.stream_id = s.id);
            update tracker.mt_streams s
            set version = (select max(version) from tracker.mt_events e where e.stream_id = s.id);
            truncate tracker.tree_nodes
            """, IsSeenWithout: false),
        new("an event added", $"""
            insert into tracker.mt_events (seq_id, id, stream_id, version, data, type)
            select seq_id + 2000000, gen_random_uuid(), stream_id, 500, data, type
            from tracker.mt_events where seq_id = {One}
            """),
        new("an event added with a position", $"""
            insert into tracker.mt_events (seq_id, id, stream_id, version, data, type)
            select seq_id + 2000000, gen_random_uuid(), stream_id, 500, data, type
            from tracker.mt_events where seq_id = {One};
            insert into tracker.positions (position, seq_id, form, secret, link)
            select (select max(position) + 1 from tracker.positions), seq_id + 2000000, form, secret, link
            from tracker.positions where position = {"{n}"}
            """),
        new("the data of two events exchanged", $"""
            update tracker.mt_events e set data = o.data, type = o.type
            from tracker.mt_events o
            where (e.seq_id = {One}
                   and o.seq_id = (select seq_id from tracker.positions where position = {"{n}"} % 50 + 51))
               or (o.seq_id = {One}
                   and e.seq_id = (select seq_id from tracker.positions where position = {"{n}"} % 50 + 51))
            """),
        new("two versions of a stream exchanged", $"""
            update tracker.mt_events set version = -3 + version where stream_id = {StreamOfOne} and version in (1, 2);
            update tracker.mt_events set version = case version when -2 then 2 else 1 end
            where stream_id = {StreamOfOne} and version < 0
            """),
        new("the places of two events in the log exchanged", """
            create temp table places as
                select a.position, b.seq_id, b.form, b.secret, b.link from tracker.positions a
                join tracker.positions b on b.position = case a.position when {n} then {n} % 50 + 51 else {n} end
                where a.position in ({n}, {n} % 50 + 51);
            delete from tracker.positions where position in (select position from places);
            insert into tracker.positions (position, seq_id, form, secret, link) select * from places
            """, IsSeenWithout: false),
        new("a stream's version lowered", $"update tracker.mt_streams set version = 1 where id = {StreamOfOne}"),
        new("a stream's row removed", $"delete from tracker.mt_streams where id = {StreamOfOne}"),
        new("an older backup restored", """
            create temp table gone as select p.seq_id from tracker.positions p where position > greatest({n} / 2, 1);
            delete from tracker.mt_events where seq_id in (select seq_id from gone);
            delete from tracker.positions where seq_id in (select seq_id from gone);
            delete from tracker.mt_streams s
            where not exists (select from tracker.mt_events e where e.stream_id = s.id);
            update tracker.mt_streams s
            set version = (select max(version) from tracker.mt_events e where e.stream_id = s.id);
            truncate tracker.tree_nodes
            """, IsSeenWithout: false),
    ];

    public override string ToString() => Name;

    private static Tampering Column(string column, string value) => new(
        $"{column} = {value}", $"update tracker.mt_events set {column} = {value} where seq_id = {One}");

    private static Tampering Seal(string column, string value) => new(
        $"positions.{column} = {value}", $"update tracker.positions set {column} = {value} where position = {{n}}");
}
