using System.Runtime.CompilerServices;
using Npgsql;
using OperationTracker.Postgres.Audit;
using OperationTracker.Postgres.Projections;

namespace OperationTracker.Postgres.Bundle;

/// <summary>
/// Reads the events of streams, each stream's one after the other, in turns of so many rows, after each of which it
/// gives way. Holds the rows of one turn, and of the stream that ends it.
/// </summary>
/// <param name="database">Where they are.</param>
/// <param name="connection">Reads them.</param>
/// <param name="giveWay">To whom else is at work.</param>
/// <param name="rowsATurn">How many rows make a turn.</param>
internal sealed class ExportedStreams(
    TrackerDatabase database, NpgsqlConnection connection, GiveWay giveWay, int rowsATurn)
{
    /// <summary>All streams.</summary>
    public async IAsyncEnumerable<AuditRow> ReadAllAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        var (stream, version) = ("", -1L);
        while (true)
        {
            var page = await DoAsync(ReadPageAsync, cancel).ConfigureAwait(false);
            foreach (var row in page)
                yield return row;
            if (page.Count < rowsATurn)
                yield break;
            (stream, version) = (page[^1].Event.StreamId, page[^1].Event.Version);
        }

        Task<IReadOnlyList<AuditRow>> ReadPageAsync() =>
            AuditReader.ReadStreamsAsync(database, connection, stream, version, null, rowsATurn, cancel);
    }

    /// <summary>These streams.</summary>
    public async IAsyncEnumerable<AuditRow> ReadAsync(
        IEnumerable<string> ids, [EnumeratorCancellation] CancellationToken cancel)
    {
        var left = new Queue<string>(ids);
        while (left.Count > 0)
        {
            foreach (var row in await DoAsync(ReadSomeAsync, cancel).ConfigureAwait(false))
                yield return row;
        }

        async Task<IReadOnlyList<AuditRow>> ReadSomeAsync()
        {
            var rows = new List<AuditRow>();
            while (rows.Count < rowsATurn && left.TryDequeue(out var id))
            {
                rows.AddRange(await AuditReader.ReadStreamAsync(database, connection, id, cancel)
                    .ConfigureAwait(false));
            }

            return rows;
        }
    }

    private Task<IReadOnlyList<AuditRow>> DoAsync(Func<Task<IReadOnlyList<AuditRow>>> read, CancellationToken cancel) =>
        giveWay.DoAsync(connection, StreamWalk.Rests, read, cancel);
}
