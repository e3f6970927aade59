using Npgsql;

namespace OperationTracker.Tests.EventStore;

/// <summary>
/// Appends as Marten's Rich mode does: sequence numbers and the stream's version first, then a transaction of its own
/// that takes no lock of ours.
/// </summary>
internal sealed class ForeignWriter(string connectionString)
{
    /// <summary>
    /// Appends <paramref name="count"/> events; false when somebody else was first. <paramref name="beforeEnd"/> runs
    /// when all is written and nothing committed; the transaction is rolled back where it returns false.
    /// </summary>
    public async Task<bool> AppendAsync(
        string streamId, int count, string type = "note_added", string data = "{\"text\": \"seen\"}",
        Func<Task<bool>>? beforeEnd = null)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        var numbers = new List<long>();
        for (var i = 0; i < count; i++)
            numbers.Add((long)(await Scalar("select nextval('tracker.mt_events_sequence')"))!);
        var version = (long?)await Scalar("select version from tracker.mt_streams where id = $1", streamId);

        await using var transaction = await connection.BeginTransactionAsync();
        try
        {
            var moved = version is null
                ? await Execute(
                    "insert into tracker.mt_streams (id, type, version) values ($1, null, $2)", streamId, (long)count)
                : await Execute(
                    "update tracker.mt_streams set version = $2 where id = $1 and version = $3",
                    streamId, version + count, version);
            if (moved == 0)
                return false;
            for (var i = 0; i < count; i++)
            {
                await Execute("""
                    insert into tracker.mt_events
                        (seq_id, id, stream_id, version, data, type, timestamp, mt_dotnet_type)
                    values ($1, gen_random_uuid(), $2, $3, $4::jsonb, $5, now(), 'Another.Type, Another')
                    """, numbers[i], streamId, (version ?? 0) + i + 1, data, type);
            }

            if (beforeEnd is not null && !await beforeEnd())
                return false;
            await transaction.CommitAsync();
            return true;
        }
        catch (PostgresException fault) when (fault.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return false;
        }

        async Task<object?> Scalar(string sql, params object?[] values)
        {
            await using var command = Command(sql, values);
            return await command.ExecuteScalarAsync();
        }

        async Task<int> Execute(string sql, params object?[] values)
        {
            await using var command = Command(sql, values);
            return await command.ExecuteNonQueryAsync();
        }

        NpgsqlCommand Command(string sql, object?[] values)
        {
            var command = new NpgsqlCommand(sql, connection);
            foreach (var value in values)
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            return command;
        }
    }
}
