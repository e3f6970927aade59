using System.Collections.Concurrent;
using Npgsql;

namespace OperationTracker.Postgres;

/// <summary>
/// The sessions that flights use, one after the other; as many as flights were ever under way at once. Promises: a
/// session that a flight takes is either new or has answered before, and the flight is told whether that was just
/// now.
/// </summary>
internal sealed class FlightSessions(TrackerDatabase database, TimeProvider clock) : IAsyncDisposable
{
    private readonly ConcurrentStack<FlightSession> _idle = new();

    /// <summary>A session, its connection open.</summary>
    public async Task<FlightSession> TakeAsync()
    {
        while (_idle.TryPop(out var session))
        {
            if (session.IsOpen)
                return session;
            await session.DisposeAsync().ConfigureAwait(false);
        }

        var connection = await database.OpenShortAsync(CancellationToken.None).ConfigureAwait(false);
        var opened = new FlightSession(database, connection, clock);
        opened.NoteAnswer();
        return opened;
    }

    /// <summary>Gives a session back for the flights to come, unless it is broken.</summary>
    public ValueTask GiveBackAsync(FlightSession session)
    {
        if (!session.IsOpen)
            return session.DisposeAsync();
        _idle.Push(session);
        return ValueTask.CompletedTask;
    }

    /// <summary>Closes those that no flight uses: where one was found broken, others may have died too.</summary>
    public async ValueTask DropIdleAsync()
    {
        while (_idle.TryPop(out var session))
            await session.DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => DropIdleAsync();
}

/// <summary>One session of the database.</summary>
internal sealed class FlightSession(TrackerDatabase database, NpgsqlConnection connection, TimeProvider clock)
    : IAsyncDisposable
{
    /// <summary>
    /// For how long a session that has answered is taken to be alive still. What is sent on one that has died meanwhile
    /// has an unknown outcome, though nothing came of it; so it is asked something else first when it is silent for
    /// longer.
    /// </summary>
    private static readonly TimeSpan AliveFor = TimeSpan.FromMilliseconds(100);

    private long _answeredAt;
    private int _breaks;

    public NpgsqlConnection Connection => connection;

    public bool IsOpen => connection.FullState == System.Data.ConnectionState.Open;

    /// <summary>Whether it has answered just now, and no other connection was found broken since.</summary>
    public bool IsAlive => _breaks == database.Breaks && clock.GetElapsedTime(_answeredAt) < AliveFor;

    public void NoteAnswer() => (_answeredAt, _breaks) = (clock.GetTimestamp(), database.Breaks);

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
