using Npgsql;

namespace OperationTracker.Postgres.Projections;

/// <summary>
/// Gives way to those who serve: while somebody else is at work in the database, one piece of work is done at a time,
/// so that one processor at most is taken from them. On a system that nobody uses nobody waits for another. Safe for
/// use by several threads.
/// </summary>
internal sealed class GiveWay(TrackerDatabase database, TimeProvider clock) : IDisposable
{
    /// <summary>Of looks: the last so many say whether the database is in use.</summary>
    public const int Looks = 16;

    /// <summary>
    /// Between the looks of one who begins a walk: short, for whoever is alone waits for all of them.
    /// </summary>
    public static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _turn = new(1);
    private int _quietLooks = Looks;

    /// <summary>Whether somebody was at work at one of the last looks.</summary>
    public bool IsBusy => Volatile.Read(ref _quietLooks) < Looks;

    /// <summary>Does a piece of work, looks, and rests if need be before the next piece is begun.</summary>
    /// <param name="connection">A session of maintenance, idle before the work and after it.</param>
    /// <param name="rests">How often the time of the work is rested for when somebody else is at work.</param>
    /// <param name="work">Some ten milliseconds' work.</param>
    /// <param name="cancel">Ends the waiting and the rest.</param>
    public async Task<T> DoAsync<T>(
        NpgsqlConnection connection, int rests, Func<Task<T>> work, CancellationToken cancel)
    {
        var inTurn = IsBusy;
        if (inTurn)
            await _turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            var since = clock.GetTimestamp();
            var result = await work().ConfigureAwait(false);
            var rest = clock.GetElapsedTime(since) * rests;
            if (await LookAsync(connection, cancel).ConfigureAwait(false) && rest > TimeSpan.Zero)
                await Task.Delay(rest < LongestRest ? rest : LongestRest, clock, cancel).ConfigureAwait(false);
            return result;
        }
        finally
        {
            if (inTurn)
                _turn.Release();
        }
    }

    /// <summary>
    /// Whether somebody is at work at one of so many looks; the first that sees somebody is the last.
    /// </summary>
    public async Task<bool> LookAroundAsync(NpgsqlConnection connection, TimeSpan pause, CancellationToken cancel)
    {
        for (var look = 0; look < Looks; look++)
        {
            if (await LookAsync(connection, cancel).ConfigureAwait(false))
                return true;
            await Task.Delay(pause, clock, cancel).ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>Whether somebody but maintenance is at work right now.</summary>
    public async Task<bool> LookAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "is_database_busy");
        var isBusy = (bool)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        if (isBusy)
            Volatile.Write(ref _quietLooks, 0);
        else
            Interlocked.Increment(ref _quietLooks);
        return isBusy;
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();
}
