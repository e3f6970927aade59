using Npgsql;
using OperationTracker.Core.EventStore;

namespace OperationTracker.Postgres;

/// <summary>
/// Carries out one flight: load, decide, append, tell. Promises: every entry is settled or put back; what was sent is
/// never sent again unless the database said for certain that it took nothing; a flight that fails for certain is split
/// until only the guilty change fails.
/// </summary>
/// <param name="database">Where to.</param>
/// <param name="loader">Loads what stands.</param>
/// <param name="putBack">Takes entries that have to wait for another flight.</param>
/// <param name="onEnd">Is told what a flight came to: the failure of all of it, null when something was stored.</param>
internal sealed class AppendFlight(
    TrackerDatabase database, StateLoader loader, Action<PendingAppend> putBack, Action<EventStoreException?> onEnd)
{
    /// <summary>Carries out a flight of these entries; <see cref="Postgres.FlyAsync"/>.</summary>
    public async Task FlyAsync(IReadOnlyList<PendingAppend> entries, Action prepared)
    {
        NpgsqlConnection? connection = null;
        FlightPlan plan;
        try
        {
            try
            {
                (connection, var operations) = await LoadAsync(entries).ConfigureAwait(false);
                plan = FlightPlan.Of(entries, operations);
            }
            catch (Exception fault)
            {
                FailAll(entries, PostgresErrors.BeforeSending(fault));
                return;
            }

            if (plan.Units.Count > 0)
                await AppendAsync(connection, plan, prepared).ConfigureAwait(false);
        }
        finally
        {
            if (connection is not null)
                await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Opens a connection and loads. A connection from the pool may have died unseen; what broke here had changed
    /// nothing, so it is tried once more with the pool emptied.
    /// </summary>
    private async Task<(NpgsqlConnection, IReadOnlyDictionary<string, LoadedOperation>)> LoadAsync(
        IReadOnlyList<PendingAppend> entries)
    {
        string[] ids = [.. entries.Select(entry => entry.StreamId).Distinct(StringComparer.Ordinal)];
        for (var attempt = 1; ; attempt++)
        {
            NpgsqlConnection? connection = null;
            try
            {
                connection = await database.OpenAsync(CancellationToken.None).ConfigureAwait(false);
                var loaded = await loader.LoadAsync(connection, ids, CancellationToken.None).ConfigureAwait(false);
                return (connection, ids.Zip(loaded).ToDictionary(StringComparer.Ordinal));
            }
            catch (Exception fault)
            {
                if (connection is not null)
                    await connection.DisposeAsync().ConfigureAwait(false);
                if (attempt > 1 || fault is not NpgsqlException || fault is PostgresException || connection is null)
                    throw;
                database.DataSource.Clear();
            }
        }
    }

    private async Task AppendAsync(NpgsqlConnection connection, FlightPlan plan, Action prepared)
    {
        await using var command = FlightCommand.Create(database, connection, plan);
        try
        {
            await command.PrepareAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            FailAll(plan.Units.SelectMany(unit => unit.Entries), PostgresErrors.BeforeSending(fault));
            return;
        }

        HashSet<int> appended;
        try
        {
            var sent = SendAsync(command);
            prepared();
            appended = await sent.ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            await HandleAsync(plan, fault).ConfigureAwait(false);
            return;
        }

        for (var i = 0; i < plan.Units.Count; i++)
        {
            if (appended.Contains(i + 1))
                plan.Units[i].SettleAll();
            else
                PutBackAll(plan.Units[i].Entries);
        }

        if (appended.Count > 0)
            onEnd(null);
    }

    /// <summary>
    /// Sends the statement and waits for its commit: with no cancellation, for the outcome would be unknown.
    /// </summary>
    private static async Task<HashSet<int>> SendAsync(NpgsqlCommand command)
    {
        var appended = new HashSet<int>();
        await using var rows = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        while (await rows.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            appended.Add(rows.GetInt32(0));

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
