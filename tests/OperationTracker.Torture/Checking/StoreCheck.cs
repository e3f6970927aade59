using System.Text.Json.Nodes;
using Npgsql;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// What must hold in the tables, whoever wrote them. Each query names what breaks a rule, and finds nothing.
/// </summary>
internal static class StoreCheck
{
    private static readonly (string Name, string Query)[] Rules =
    [
        ("stream-gaps", """
            select stream_id from tracker.mt_events
            group by stream_id having min(version) <> 1 or max(version) <> count(*)
            """),
        ("stream-version", """
            select s.id from tracker.mt_streams s
            left join (select stream_id, max(version) as version from tracker.mt_events group by stream_id) e
              on e.stream_id = s.id
            where s.version is distinct from e.version
            """),
        ("unique-version", "select stream_id from tracker.mt_events group by stream_id, version having count(*) > 1"),
        ("unique-id", "select id::text from tracker.mt_events group by id having count(*) > 1"),
        ("view-version", """
            select coalesce(s.id, o.operation_id) from tracker.mt_streams s
            full join tracker.operations o on o.operation_id = s.id where s.version is distinct from o.stream_version
            """),
        ("time-order", """
            select stream_id
            from (select stream_id, timestamp < lag(timestamp) over (partition by stream_id order by version) as back
                  from tracker.mt_events) t
            where back
            """),
        ("orphans", """
            select e.stream_id from tracker.mt_events e
            left join tracker.mt_streams s on s.id = e.stream_id where s.id is null
            """),
        ("positions-dense", """
            select 'positions' from tracker.positions
            having count(*) > 0 and (min(position) <> 1 or max(position) <> count(*))
            """),
        ("positions-complete", """
            select coalesce(e.stream_id, 'position ' || p.position) from tracker.mt_events e
            full join tracker.positions p on p.seq_id = e.seq_id where p.seq_id is null or e.seq_id is null
            """),
        ("position-order", """
            select stream_id
            from (select e.stream_id,
                         p.position < lag(p.position) over (partition by e.stream_id order by e.version) as back
                  from tracker.mt_events e join tracker.positions p using (seq_id)) t
            where back
            """),
    ];

    public static async Task RunAsync(NpgsqlConnection session, Violations violations, CancellationToken cancel)
    {
        foreach (var (name, query) in Rules)
        {
            await using var command = new NpgsqlCommand($"{query} limit 20", session);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
                violations.Add(name, reader.GetString(0));
        }
    }

    /// <summary>The stored view is the fold of the events, by the checker's own fold.</summary>
    public static async Task CompareViewsAsync(
        NpgsqlConnection session, string prefix, IReadOnlyDictionary<string, StoredStream> streams,
        Violations violations, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "select operation_id, document_version, document from tracker.operations"
            + " where starts_with(operation_id, $1)",
            session)
        {
            Parameters = { new() { Value = prefix } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            var last = streams.GetValueOrDefault(reader.GetString(0))?.Changes.LastOrDefault(
                change => !change.IsRefusal);
            if (last?.Document != Documents.Hash(JsonNode.Parse(reader.GetString(2)))
                || last.Last != reader.GetInt64(1))
                violations.Add("view-fold", reader.GetString(0));
        }
    }
}
