using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Has the server note of the pages that a rebuild has filled, while they are in its memory still, that everybody sees
/// what they hold and always will. Left to the server's own vacuum, which comes to a table once it is in place, all of
/// it is read again from the disk and written once more, and each commit waits behind that. Safe for use by several
/// threads.
/// </summary>
internal sealed class CopyVacuum(TrackerDatabase database, TimeProvider clock)
{
    /// <summary>Streams between two, at least: with their past some two megabytes.</summary>
    private const int Streams = 1_000;

    /// <summary>
    /// How often the time of one passes between two, at least. While somebody keeps an old snapshot nothing can be
    /// noted, and each goes over all that was filled since.
    /// </summary>
    private const int Rests = 20;

    private readonly Lock _lock = new();
    private long _streams;
    private long _notBefore = clock.GetTimestamp();

    /// <summary>Counts streams that were copied and committed, and notes if it is time to.</summary>
    /// <param name="connection">Outside of any transaction.</param>
    /// <param name="streams">How many there are more.</param>
    /// <param name="cancel">Stops it.</param>
    public async Task AfterAsync(NpgsqlConnection connection, int streams, CancellationToken cancel)
    {
        var since = clock.GetTimestamp();
        lock (_lock)
        {
            _streams += streams;
            if (_streams < Streams || since < _notBefore)
                return;
            (_streams, _notBefore) = (0, long.MaxValue);
        }

        await RunAsync(connection, cancel).ConfigureAwait(false);
        lock (_lock)
        {
            var now = clock.GetTimestamp();
            _notBefore = now + ((now - since) * Rests);
        }
    }

    /// <summary>Notes what is left.</summary>
    public async Task RunAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using (var flush = database.Command(connection, "flush_commits"))
            await flush.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        await using var vacuum = database.Command(connection, "vacuum_copies");
        await vacuum.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }
}
