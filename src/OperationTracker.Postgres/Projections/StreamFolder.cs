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
    /// <summary>As the columns are: a comparison with <c>text</c> would keep away from their index.</summary>
    private const NpgsqlDbType Texts = NpgsqlDbType.Array | NpgsqlDbType.Varchar;

    /// <summary>The streams after one id, up to and with another, in the order of the index.</summary>
    public IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, string after, string last, CancellationToken cancel) =>
        FoldAsync(
            connection, "e.stream_id > $2 and e.stream_id <= $3",
            command => command.With(after, NpgsqlDbType.Varchar).With(last, NpgsqlDbType.Varchar), cancel);

    /// <summary>These streams, in the order of the index; those without events are left out.</summary>
    public IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, IReadOnlyList<string> streamIds, CancellationToken cancel) =>
        FoldAsync(
            connection, "e.stream_id = any ($2)", command => command.With(streamIds.ToArray(), Texts), cancel);

    /// <summary>A stream that was folded before, with the events that have come since.</summary>
    public async Task<FoldedStream> GoOnAsync(NpgsqlConnection connection, StreamFold before, CancellationToken cancel)
    {
        var fold = before.GoOn();
        await foreach (var stream in FoldAsync(
            connection, "e.stream_id = $2 and e.version > $3",
            command => command.With(before.StreamId, NpgsqlDbType.Varchar).With(before.Version), cancel, fold)
            .ConfigureAwait(false))
        {
            return stream;
        }

        return fold.End();
    }

    private async IAsyncEnumerable<FoldedStream> FoldAsync(
        NpgsqlConnection connection, string streams, Func<NpgsqlCommand, NpgsqlCommand> which,
        [EnumeratorCancellation] CancellationToken cancel, StreamFold? fold = null)
    {
        await using var command = which(new NpgsqlCommand(
            database.Sql["read_streams"].Replace("{streams}", streams, StringComparison.Ordinal), connection)
            .With(EventUpcasters.Declared.Names.ToArray(), Texts));
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
}
