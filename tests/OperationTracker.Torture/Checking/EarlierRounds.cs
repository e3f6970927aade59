using Npgsql;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// What was judged stays as it was: each event's seal, which covers all that came before it in its stream.
/// </summary>
internal sealed class EarlierRounds
{
    private readonly Dictionary<string, (long Version, string Link)> _kept = [];

    public void Keep(IReadOnlyDictionary<string, StoredStream> streams)
    {
        foreach (var (id, stream) in streams) _kept[id] = (stream.Links.Count, stream.Links[^1]);
    }

    public async Task CheckAsync(NpgsqlConnection session, Violations violations, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            select k.id, coalesce(encode(p.link, 'hex'), '')
            from unnest($1::text[], $2::bigint[]) k (id, version)
            left join tracker.mt_events e on e.stream_id = k.id and e.version = k.version
            left join tracker.positions p using (seq_id)
            """, session)
        {
            Parameters =
            {
                new() { Value = _kept.Keys.ToArray() },
                new() { Value = _kept.Values.Select(kept => kept.Version).ToArray() },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
            if (reader.GetString(1) != _kept[reader.GetString(0)].Link)
                violations.Add(
                    "earlier-rounds", $"{reader.GetString(0)} stands otherwise than when its round was judged");
    }
}
