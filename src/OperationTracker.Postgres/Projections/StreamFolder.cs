using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Reads streams as they lie in the index, each whole, and folds them by the code that the write path uses. Holds one
/// stream at a time, and of that one event and the fold.
/// </summary>
internal sealed class StreamFolder(TrackerDatabase database, EventFaults faults, bool withPast)
{
    /// <summary>The streams after one id, up to and with another, in the order of the index.</summary>
    public IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, string after, string last, CancellationToken cancel) =>
        FoldAsync(connection, "e.stream_id > $2 and e.stream_id <= $3", [Text(after), Text(last)], cancel);

    /// <summary>These streams, in the order of the index; those without events are left out.</summary>
    public IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, IReadOnlyList<string> streamIds, CancellationToken cancel) =>
        FoldAsync(connection, "e.stream_id = any ($2)", [Texts(streamIds)], cancel);

    /// <summary>A stream that was folded before, with the events that have come since.</summary>
    public async Task<FoldedStream> GoOnAsync(NpgsqlConnection connection, StreamFold before, CancellationToken cancel)
    {
        var fold = before.GoOn();
        var after = new NpgsqlParameter<long> { TypedValue = before.Version };
        await foreach (var stream in FoldAsync(
            connection, "e.stream_id = $2 and e.version > $3", [Text(before.StreamId), after], cancel, fold)
            .ConfigureAwait(false))
        {
            return stream;
        }

        return fold.End();
    }

    private async IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, string streams, NpgsqlParameter[] parameters,
        [EnumeratorCancellation] CancellationToken cancel, StreamFold? fold = null)
    {
        await using var command = new NpgsqlCommand(
            database.Sql["read_streams"].Replace("{streams}", streams, StringComparison.Ordinal), connection);
        command.Parameters.Add(Texts([.. EventUpcasters.Declared.Names]));
        command.Parameters.AddRange(parameters);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
        {
            var streamId = rows.GetString(0);
            if (fold is not null && fold.StreamId != streamId)
            {
                yield return fold.End();
                fold = null;
            }

            fold ??= new StreamFold(streamId, withPast);
            if (fold.Add(rows) is { } fault)
                await faults.ReportAsync(fault, cancel).ConfigureAwait(false);
        }

        if (fold is not null)
            yield return fold.End();
    }

    private static NpgsqlParameter<string> Text(string value) =>
        new() { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Varchar };

    private static NpgsqlParameter<string[]> Texts(IReadOnlyList<string> values) => new()
    {
        TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Varchar,
    };
}
