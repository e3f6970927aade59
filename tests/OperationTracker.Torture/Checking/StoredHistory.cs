using System.Text.Json.Nodes;
using Npgsql;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Torture.Checking;

/// <summary>A change as it stands in the log: the events that one request brought.</summary>
/// <param name="Attempt">The number of the request; 0 when the events do not say.</param>
/// <param name="First">Version of its first event.</param>
/// <param name="Last">Version of its last event.</param>
/// <param name="IsRefusal">Whether it records a refusal, and leaves the document alone.</param>
/// <param name="Token">The sub_status after it.</param>
/// <param name="Document">The hash of the document after it.</param>
internal sealed record StoredChange(long Attempt, long First, long Last, bool IsRefusal, string? Token, string Document)
{
    /// <summary>When the tracker heard, by the database's clock.</summary>
    public DateTimeOffset At { get; init; }
}

/// <summary>The stream of one operation, folded by <see cref="EventFold"/>.</summary>
/// <param name="OperationId">The stream.</param>
/// <param name="Changes">In the order of versions.</param>
/// <param name="Links">The seal of each event, in the order of versions.</param>
internal sealed record StoredStream(
    string OperationId, IReadOnlyList<StoredChange> Changes, IReadOnlyList<string> Links)
{
    /// <summary>The kind of each event, in the order of versions.</summary>
    public IReadOnlyList<string> Kinds { get; init; } = [];

    /// <summary>The document that stands; null when there is none.</summary>
    public JsonObject? Current { get; init; }

    /// <summary>The version of the last event of the last change of the document up to a version; 0 for none.</summary>
    public long DocumentVersionAt(long version) =>
        Changes.LastOrDefault(change => !change.IsRefusal && change.Last <= version)?.Last ?? 0;
}

/// <summary>Reads what the database holds of a round's operations.</summary>
internal static class StoredHistory
{
    /// <summary>All streams whose ids begin with the prefix, by id. What does not fold is told.</summary>
    public static async Task<Dictionary<string, StoredStream>> ReadAsync(
        NpgsqlConnection session, string prefix, Action<string> tell, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            select e.stream_id, e.version, e.type, e.data::text, coalesce(e.headers ->> 'user_agent', ''),
                   e.causation_id, coalesce(encode(p.link, 'hex'), ''), e.timestamp
            from tracker.mt_events e left join tracker.positions p using (seq_id)
            where starts_with(e.stream_id, $1)
            order by e.stream_id, e.version, e.seq_id
            """, session) { Parameters = { new() { Value = prefix } } };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var streams = new Dictionary<string, StoredStream>();
        List<Row> rows = [];
        while (await reader.ReadAsync(cancel))
        {
            var row = new Row(
                reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetString(4),
                reader.IsDBNull(5) ? "" : reader.GetString(5), reader.GetString(6),
                reader.GetFieldValue<DateTimeOffset>(7));
            if (rows.Count > 0 && rows[0].Stream != row.Stream) Close();
            rows.Add(row);
        }

        if (rows.Count > 0) Close();
        return streams;

        void Close()
        {
            streams[rows[0].Stream] = Fold(rows, tell);
            rows = [];
        }
    }

    private static StoredStream Fold(List<Row> rows, Action<string> tell)
    {
        JsonObject? document = null;
        var changes = new List<StoredChange>();
        for (var i = 0; i < rows.Count;)
        {
            var first = rows[i];
            var refusal = true;
            var last = i;
            for (; last < rows.Count && rows[last].Change == first.Change; last++)
            {
                refusal &= rows[last].Type == "update_refused";
                try
                {
                    document = EventFold.Apply(document, rows[last].Type, JsonNode.Parse(rows[last].Data)!.AsObject());
                }
                catch (Exception fault) when (fault is not OutOfMemoryException)
                {
                    tell(
                        $"{first.Stream} version {rows[last].Version} ({rows[last].Type}) does not fold:"
                        + $" {fault.Message}");
                }
            }

            changes.Add(new StoredChange(
                first.Attempt, first.Version, rows[last - 1].Version, refusal,
                document?["sub_status"]?.GetValue<string>(), Documents.Hash(document)) { At = first.At });
            i = last;
        }

        return new StoredStream(rows[0].Stream, changes, [.. rows.Select(row => row.Link)])
        {
            Kinds = [.. rows.Select(row => row.Type)], Current = document,
        };
    }

    private sealed record Row(
        string Stream, long Version, string Type, string Data, string Agent, string Change, string Link,
        DateTimeOffset At)
    {
        public long Attempt =>
            Agent.StartsWith("attempt/", StringComparison.Ordinal) && long.TryParse(Agent[8..], out var number)
            ? number
            : 0;
    }
}
