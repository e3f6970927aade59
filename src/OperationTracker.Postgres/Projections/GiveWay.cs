using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Gives way to those who serve: whoever finds somebody else at work in the database, after a piece of work, rests for
/// twice the time that the piece took. On a system that nobody uses nobody rests; on one that is always at work the
/// walk takes a third of what it would. Safe for use by several threads.
/// </summary>
internal sealed class GiveWay(TrackerDatabase database, TimeProvider clock)
{
    private const int Rests = 2;

    /// <summary>Of looks: the last so many say whether the database is in use.</summary>
    private const int Remembered = 16;

    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private int _quietLooks;

    /// <summary>Whether somebody was at work at one of the last looks.</summary>
    public bool IsBusy => Volatile.Read(ref _quietLooks) < Remembered;

    /// <summary>Looks, and rests if need be.</summary>
    /// <param name="connection">An idle session of maintenance.</param>
    /// <param name="since">When the piece of work was begun, by the clock's timestamp.</param>
    /// <param name="cancel">Ends the rest.</param>
    public async Task RestAsync(NpgsqlConnection connection, long since, CancellationToken cancel)
    {
        var worked = clock.GetElapsedTime(since);
        if (!await LookAsync(connection, cancel).ConfigureAwait(false))
            return;
        var rest = worked * Rests;
        await Task.Delay(rest < LongestRest ? rest : LongestRest, clock, cancel).ConfigureAwait(false);
    }

    private async Task<bool> LookAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "is_database_busy");
        var isBusy = (bool)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        if (isBusy)
            Volatile.Write(ref _quietLooks, 0);
        else
            Interlocked.Increment(ref _quietLooks);
        return isBusy;
    }
}
