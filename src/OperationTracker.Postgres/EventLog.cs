using System.Text;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Findings;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres;

/// <summary>
/// Searches the log by position. Marten's table has no index by kind or time, and gets none of ours, so a search looks
/// at events one after another; each call looks at a bounded piece in one short statement and says how far it came.
/// </summary>
internal sealed class EventLog(TrackerDatabase database)
{
    /// <summary>Positions of one statement: about a tenth of a second's look-ups.</summary>
    private const long PiecePositions = 50_000;

    public async Task<EventLogPage> SearchAsync(EventLogQuery query, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        var head = await ReadHeadAsync(connection, cancel).ConfigureAwait(false);
        if (query.After >= head)
            return new EventLogPage([], query.After, AtEnd: true);
        // A stream is found by its own index, so its piece may be the whole log.
        var end = query.StreamId is null ? Math.Min(query.After + PiecePositions, head) : head;
        var events = await StoredEventReader.ReadAsync(Command(connection, query, end), cancel).ConfigureAwait(false);
        var isCut = events.Count == query.Limit
            || events.Sum(item => Encoding.UTF8.GetByteCount(item.Data)) >= StoredEventReader.PageBytes;
        var next = isCut ? events[^1].Position : end;
        return new EventLogPage(events, next, next == head);
    }

    /// <summary>The stays in states that ended in the piece after a position.</summary>
    public async Task<StayPage> SearchStaysAsync(EventLogQuery query, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        var head = await ReadHeadAsync(connection, cancel).ConfigureAwait(false);
        if (query.After >= head)
            return new StayPage([], query.After, AtEnd: true);
        var end = Math.Min(query.After + PiecePositions, head);
        await using var command = database.Command(connection, "search_stays").With(query.After).With(end)
            .With(query.From).With(query.To);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var stays = new List<StateStay>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            if (OperationStatuses.TryParse(rows.GetString(0)) is { } state)
                stays.Add(new StateStay(state, rows.GetFieldValue<TimeSpan>(1), rows.GetString(2), rows.GetString(3)));
        }

        return new StayPage(stays, end, end == head);
    }

    /// <summary>The position of the last event.</summary>
    public async Task<long> ReadHeadAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        return await ReadHeadAsync(connection, cancel).ConfigureAwait(false);
    }

    private async Task<long> ReadHeadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "read_head");
        return (long)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }

    /// <summary>Only the conditions that are asked for, so that each combination gets a plan of its own.</summary>
    private NpgsqlCommand Command(NpgsqlConnection connection, EventLogQuery query, long end)
    {
        var command = new NpgsqlCommand { Connection = connection };
        Add(query.After, NpgsqlDbType.Bigint);
        Add(end, NpgsqlDbType.Bigint);
        Add(query.Limit, NpgsqlDbType.Integer);
        Add(StoredEventReader.PageBytes, NpgsqlDbType.Bigint);
        if (query.StreamId is not null)
            Add(query.StreamId, NpgsqlDbType.Varchar);
        var conditions = new StringBuilder();
        if (query.Kinds.Count > 0)
            And($"e.type = any ({Add(query.Kinds.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Varchar)})");
        if (query.From is { } from)
            And($"e.timestamp >= {Add(from, NpgsqlDbType.TimestampTz)}");
        if (query.To is { } to)
            And($"e.timestamp < {Add(to, NpgsqlDbType.TimestampTz)}");
        if (query.ForeignOnly)
            And("(e.headers is null or not e.headers ?& array['change', 'schema'])");
        command.CommandText = database.Sql[query.StreamId is null ? "search_log" : "search_stream"]
            .Replace("{filters}", conditions.ToString(), StringComparison.Ordinal);
        return command;

        void And(string condition) => conditions.Append("\n          and ").Append(condition);

        string Add<T>(T value, NpgsqlDbType type) => command.Parameters.Refer(value, type);
    }
}
