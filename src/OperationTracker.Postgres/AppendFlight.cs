using Npgsql;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// Carries out one flight: load, decide, append, tell. What this node knows of a stream is assumed to stand, and not
/// loaded. Promises: every entry is settled or put back; what was sent is never sent again unless the database said for
/// certain that it took nothing; a flight that fails for certain is split until only the guilty change fails; what was
/// only assumed is told to nobody before an append has proved it.
/// </summary>
/// <param name="database">Where to.</param>
/// <param name="loader">Loads what stands.</param>
/// <param name="clock">Tells how long sessions have been silent.</param>
/// <param name="putBack">Takes entries that have to wait for another flight.</param>
/// <param name="onEnd">Is told what a flight came to: the failure of all of it, null when something was stored.</param>
internal sealed class AppendFlight(
    TrackerDatabase database, StateLoader loader, TimeProvider clock, Action<PendingAppend> putBack,
    Action<EventStoreException?> onEnd) : IAsyncDisposable
{
    private readonly FlightSessions _sessions = new(database, clock);
    private readonly FlightPlanner _planner = new(new RememberedStates(clock));
    private readonly Vigil _vigil = new();

    /// <summary>Whether others append between most flights of this node.</summary>
    public bool SharesLog => _planner.SharesLog;

    /// <summary>Carries out a flight of these entries; <see cref="Postgres.FlyAsync"/>.</summary>
    public async Task FlyAsync(IReadOnlyList<PendingAppend> entries, Action prepared)
    {
        FlightSession? session = null;
        FlightPlan plan;
        Exception? failure = null;
        try
        {
            try
            {
                (session, plan) = await PrepareAsync(entries).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                FailAll(entries, PostgresErrors.BeforeSending(fault));
                return;
            }

            if (plan.Units.Count > 0)
                failure = await AppendAsync(session, plan, prepared).ConfigureAwait(false);
        }
        finally
        {
            if (session is not null)
                await _sessions.GiveBackAsync(session).ConfigureAwait(false);
        }

        // Only now, so that the halves of a flight use its session, however often it is split.
        if (failure is not null)
            await HandleAsync(plan, failure).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _sessions.DisposeAsync();

    /// <summary>
    /// Decides about all. A session may have died unseen; what broke here had changed nothing, so it is tried once
    /// more, with a new one.
    /// </summary>
    private async Task<(FlightSession, FlightPlan)> PrepareAsync(IReadOnlyList<PendingAppend> entries)
    {
        for (var attempt = 1; ; attempt++)
        {
            FlightSession? session = null;
            try
            {
                session = await _sessions.TakeAsync().ConfigureAwait(false);
                return (session, await DecideAsync(session, entries).ConfigureAwait(false));
            }
            catch (Exception fault)
            {
                if (session is not null)
                    await session.DisposeAsync().ConfigureAwait(false);
                if (attempt > 1 || fault is not NpgsqlException || fault is PostgresException || session is null)
                    throw;
                await _sessions.DropIdleAsync().ConfigureAwait(false);
                _planner.ForgetAll();
                database.NoteBreak();
            }
        }
    }

    private Task<FlightPlan> DecideAsync(FlightSession session, IReadOnlyList<PendingAppend> entries) =>
        _planner.PlanAsync(entries, session.IsAlive, async ids =>
        {
            var loaded = await loader.LoadAsync(session.Connection, ids, CancellationToken.None).ConfigureAwait(false);
            session.NoteAnswer();
            return loaded;
        });

    /// <summary>Sends what was decided and settles it; returns the failure that is to be dealt with yet.</summary>
    private async Task<Exception?> AppendAsync(FlightSession session, FlightPlan plan, Action prepared)
    {
        await using var command = FlightCommand.Create(database, session.Connection, plan);
        try
        {
            await command.PrepareAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            FailAll(plan.Units.SelectMany(unit => unit.Entries), PostgresErrors.BeforeSending(fault));
            return null;
        }

        AppendedUnit?[] appended;
        try
        {
            var sent = SendAsync(command, plan.Units.Count);
            prepared();
            appended = await (plan.Units.Count > 1 ? sent : _vigil.KeepAsync(sent)).ConfigureAwait(false);
            session.NoteAnswer();
        }
        catch (Exception fault)
        {
            if (fault is not PostgresException || !session.IsOpen)
                _planner.ForgetAll();
            return fault;
        }

        _planner.Learn(plan, appended);
        for (var i = 0; i < plan.Units.Count; i++)
        {
            if (appended[i] is not null)
                plan.Units[i].SettleAll();
            else
                PutBackAll(plan.Units[i].Entries);
        }

        if (appended.Any(unit => unit is not null))
            onEnd(null);
        return null;
    }

    /// <summary>
    /// Sends the statement and waits for its commit: with no cancellation, for the outcome would be unknown.
    /// </summary>
    /// <returns>For each unit what became of it; null where it was not appended.</returns>
    private static async Task<AppendedUnit?[]> SendAsync(NpgsqlCommand command, int units)
    {
        var appended = new AppendedUnit?[units];
        await using var rows = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        while (await rows.ReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            appended[rows.GetInt32(0) - 1] = new AppendedUnit(
                rows.GetFieldValue<DateTimeOffset>(1), rows.IsDBNull(2) ? null : rows.GetFieldValue<byte[]>(2),
                rows.GetInt64(3));
        }

        // The rows come before the commit. Only the end of the whole answer says that it is done.
        while (await rows.NextResultAsync(CancellationToken.None).ConfigureAwait(false))
        {
        }

        return appended;
    }

    private async Task HandleAsync(FlightPlan plan, Exception fault)
    {
        PendingAppend[] entries = [.. plan.Units.SelectMany(unit => unit.Entries)];
        var mayBeSplit = PostgresErrors.IsDeterministic(fault) || PostgresErrors.IsContention(fault);
        if (PostgresErrors.IsAppendLockHeld(fault))
        {
            PutBackAll(entries);
        }
        else if (mayBeSplit && entries.Length > 1)
        {
            await FlyAsync(entries[..(entries.Length / 2)], Nothing).ConfigureAwait(false);
            await FlyAsync(entries[(entries.Length / 2)..], Nothing).ConfigureAwait(false);

            // The flight as a whole has long been prepared.
            static void Nothing()
            {
            }
        }
        else if (PostgresErrors.IsConflict(fault) || PostgresErrors.IsContention(fault))
        {
            PutBackAll(entries);
        }
        else
        {
            FailAll(entries, PostgresErrors.AfterSending(fault));
        }
    }

    private void PutBackAll(IEnumerable<PendingAppend> entries)
    {
        foreach (var entry in entries)
            putBack(entry);
    }

    private void FailAll(IEnumerable<PendingAppend> entries, EventStoreException fault)
    {
        onEnd(fault);
        foreach (var entry in entries)
            entry.Fail(fault);
    }
}
