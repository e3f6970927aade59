using Npgsql;
using OperationTracker.Postgres;

namespace OperationTracker.Tests.EventStore;

/// <summary>
/// What must hold of the tables whenever nobody writes. Looked up past the store, so that a fault of the store shows.
/// </summary>
internal static class StoreInvariants
{
    private static readonly (string Name, string Query)[] Violations =
    [
        ("versions of a stream are 1 to n", """
            select count(*) from (
                select stream_id from tracker.mt_events group by stream_id
                having min(version) <> 1 or max(version) <> count(*) or count(distinct version) <> count(*)) as x
            """),
        ("a stream's version is that of its last event", """
            select count(*) from tracker.mt_streams s
            where s.version is distinct from (select max(version) from tracker.mt_events e where e.stream_id = s.id)
            """),
        ("event ids are unique", "select count(*) - count(distinct id) from tracker.mt_events"),
        ("positions are 1 to n, one for each event", """
            select (select count(*) from tracker.mt_events e
                    full join tracker.positions p using (seq_id) where p.seq_id is null or e.seq_id is null)
                 + (select coalesce(max(position), 0) - count(*) from tracker.positions)
                 + (select count(*) from tracker.foreign_events)
            """),
        ("positions follow versions", """
            select count(*) from (
                select e.version - lag(e.version) over (partition by e.stream_id order by p.position) as step
                from tracker.mt_events e join tracker.positions p using (seq_id)) as x
            where step <> 1
            """),
        ("timestamps never go back within a stream", """
            select count(*) from (
                select timestamp < lag(timestamp) over (partition by stream_id order by version) as back
                from tracker.mt_events) as x
            where back
            """),
        ("a view stands at its stream's version", """
            select count(*) from tracker.operations o left join tracker.mt_streams s on s.id = o.operation_id
            where s.version is distinct from o.stream_version
            """),
        ("the indexed copies are those of the document", """
            select count(*) from tracker.operations o
            where (o.operation_id, o.occurred_time, o.last_update_time, o.status, o.request_method, o.request_uri)
                is distinct from (
                    document::json ->> 'operation_id', document::json ->> 'occurred_time',
                    document::json ->> 'last_update_time', document::json ->> 'status',
                    document::json -> 'request' ->> 'method', document::json -> 'request' ->> 'uri')
               or content_hash <> encode(sha256(convert_to(document, 'UTF8')), 'hex')
            """),
    ];

    /// <summary>Fails with the names of the rules that are broken.</summary>
    public static async Task CheckAsync(TrackerDatabase database) =>
        (await FindAsync(database)).ShouldBeEmpty();

    public static async Task<IReadOnlyList<string>> FindAsync(TrackerDatabase database)
    {
        var broken = new List<string>();
        await using var connection = await database.OpenAsync(default);
        foreach (var (name, query) in Violations)
        {
            await using var command = new NpgsqlCommand(query, connection) { CommandTimeout = 120 };
            if (Convert.ToInt64(await command.ExecuteScalarAsync(), null) is var count and not 0)
                broken.Add($"{name}: {count} broken");
        }

        broken.AddRange(await FindViewsThatAreNotTheFoldAsync(database, connection));
        return broken;
    }

    private static async Task<IReadOnlyList<string>> FindViewsThatAreNotTheFoldAsync(
        TrackerDatabase database, NpgsqlConnection connection)
    {
        var broken = new List<string>();
        var views = new Dictionary<string, (long Version, long DocumentVersion, string Document, string Refusals)>();
        await using (var command = new NpgsqlCommand(
            "select operation_id, stream_version, document_version, document, refusals from tracker.operations",
            connection))
        {
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync())
                views.Add(
                    rows.GetString(0), (rows.GetInt64(1), rows.GetInt64(2), rows.GetString(3), rows.GetString(4)));
        }

        foreach (var (id, view) in views)
        {
            var fold = await new StateLoader(database).FoldAsync(connection, id, default);
            if (view != (fold.State.Version, fold.State.DocumentVersion, fold.View.Text(),
                string.Join(' ', fold.State.Refusals)))
                broken.Add($"the view of {id} is not the fold of its events");
        }

        return broken;
    }
}
