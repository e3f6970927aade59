using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Writes single views where they are, from the fold of their events: under the append lock, and only where the stream
/// still stands at the version that was folded and the row says something else. Each batch that wrote something is
/// noted in the log of what operators did.
/// </summary>
internal sealed class ViewWriter(TrackerDatabase database, string command, string byWhom, TimeProvider clock)
{
    private const int Attempts = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Writes what differs.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="folds">The folds by operation; null where there is no stream.</param>
    /// <param name="cancel">Stops it before it is sent.</param>
    /// <returns>The operations that were written or deleted, and those whose streams have moved on.</returns>
    public async Task<(IReadOnlyList<string> Written, IReadOnlyList<string> Moved)> WriteAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<string, FoldedStream?> folds, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await WriteOnceAsync(connection, folds, cancel).ConfigureAwait(false);
            }
            catch (PostgresException fault) when (attempt < Attempts
                && (PostgresErrors.IsContention(fault) || PostgresErrors.IsAppendLockHeld(fault)))
            {
                await Task.Delay(Pause * attempt, clock, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task<(IReadOnlyList<string> Written, IReadOnlyList<string> Moved)> WriteOnceAsync(
        NpgsqlConnection connection, IReadOnlyDictionary<string, FoldedStream?> folds, CancellationToken cancel)
    {
        var gone = folds.Where(pair => pair.Value?.Row is null).ToArray();
        await using var write = new NpgsqlCommand(database.Sql["write_views"], connection)
            .With(Json(folds.Values.Select(stream => stream?.Row).OfType<OperationRow>()), NpgsqlDbType.Jsonb)
            .With(Array.ConvertAll(gone, pair => pair.Key))
            .With(Array.ConvertAll(gone, pair => pair.Value?.Version ?? 0)).With(command).With(byWhom);
        var (written, moved) = (new List<string>(), new List<string>());
        await using var rows = await write.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            (rows.GetString(1) == "written" ? written : moved).Add(rows.GetString(0));
        return (written, moved);
    }

    private static byte[] Json(IEnumerable<OperationRow> rows)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartArray();
            foreach (var row in rows)
            {
                json.WriteStartObject();
                foreach (var column in OperationColumns.Views)
                    column.WriteJson(json, row);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        return bytes.ToArray();
    }
}
