using Npgsql;
using OperationTracker.Core.Operations;
using OperationTracker.Postgres.Schema;

namespace OperationTracker.Postgres.Projections;

/// <summary>A part of the streams, in the order of the index: those after one id, up to another.</summary>
/// <remarks>Last is null for the end of all, in rebuilds that an earlier build began and this one resumes.</remarks>
internal sealed record StreamRange(int Number, string Reached, string? Last);

/// <summary>
/// One rebuild's rows in <c>projection_rebuilds</c>: who works on it, how far it is, and where to go on.
/// </summary>
internal sealed class RebuildLedger
{
    private readonly TrackerDatabase _database;
    private readonly Guid _holder;

    private RebuildLedger(TrackerDatabase database, Guid holder) => (_database, _holder) = (database, holder);

    public long Id { get; private init; }

    public Guid Holder => _holder;

    /// <summary>The position up to which the copy holds every change, once all ranges are read.</summary>
    public long Horizon { get; private set; }

    public long StreamsTotal { get; private init; }

    public long EventsTotal { get; private init; }

    /// <summary>What was done before it was resumed.</summary>
    public (long Streams, long Events, long Rows) Before { get; private init; }

    /// <summary>The last rebuild of a projection; null when there was none.</summary>
    public static async Task<RebuildState?> FindAsync(
        TrackerDatabase database, NpgsqlConnection connection, string projection, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "find_rebuild").With(projection);
        command.CommandText = command.CommandText.Replace(
            "$2", RebuildLock.KeyOf(database, projection), StringComparison.Ordinal);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        if (!await row.ReadAsync(cancel).ConfigureAwait(false))
            return null;
        var state = row.GetString(3);
        var running = state == RebuildState.Running;
        var (streams, events) = (row.GetInt64(7), row.GetInt64(8));
        var updatedAt = row.GetFieldValue<DateTimeOffset>(15);
        var until = running ? updatedAt : NullableTime(row, 16) ?? updatedAt;
        var seconds = Math.Max((until - row.GetFieldValue<DateTimeOffset>(14)).TotalSeconds, 0.001);
        var rate = events / seconds;
        var progress = new RebuildProgress(
            row.GetString(4), streams, row.GetInt64(5), events, row.GetInt64(6), row.GetInt64(9),
            row.GetInt64(10), rate,
            running && row.GetString(4) == "read" && rate > 0
                ? TimeSpan.FromSeconds(Math.Max(row.GetInt64(6) - events, 0) / rate)
                : null);
        return new RebuildState(
            row.GetInt64(0), row.GetString(1), row.GetInt32(2),
            running && !row.GetBoolean(20) ? RebuildState.Crashed : state,
            progress, row.GetString(11), row.GetInt32(12), row.GetFieldValue<DateTimeOffset>(13),
            row.GetFieldValue<DateTimeOffset>(15), NullableTime(row, 16), row.GetFieldValue<TimeSpan>(19),
            row.IsDBNull(17) ? null : row.GetString(17), row.IsDBNull(18) ? null : row.GetDouble(18));

        static DateTimeOffset? NullableTime(NpgsqlDataReader row, int column) =>
            row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
    }

    /// <summary>Begins a rebuild; one before that was left unfinished is over.</summary>
    public static async Task<RebuildLedger> StartAsync(
        TrackerDatabase database, NpgsqlConnection connection, string projection, CancellationToken cancel)
    {
        var holder = Guid.NewGuid();
        await using var command = database.Command(connection, "start_rebuild")
            .With(projection).With(OperationProjection.Fingerprint).With(Migrations.Latest).With(holder)
            .With(Environment.MachineName).With(Environment.ProcessId);
        return await TakeOverAsync(database, holder, connection, command, cancel).ConfigureAwait(false);
    }

    /// <summary>Goes on with a rebuild; whoever worked on it before writes no more.</summary>
    public static async Task<RebuildLedger> ResumeAsync(
        TrackerDatabase database, NpgsqlConnection connection, long id, CancellationToken cancel)
    {
        var holder = Guid.NewGuid();
        await using var command = database.Command(connection, "resume_rebuild")
            .With(id).With(holder).With(Environment.MachineName).With(Environment.ProcessId);
        return await TakeOverAsync(database, holder, connection, command, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until whoever held it before writes nothing any more, and runs the statement that changes the holder.
    /// </summary>
    private static async Task<RebuildLedger> TakeOverAsync(
        TrackerDatabase database, Guid holder, NpgsqlConnection connection, NpgsqlCommand command,
        CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await using (var fence = new NpgsqlCommand(
            $"select pg_advisory_xact_lock({RebuildLock.FenceOf(database)})", connection))
            await fence.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        RebuildLedger ledger;
        await using (var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            await row.ReadAsync(cancel).ConfigureAwait(false);
            ledger = new RebuildLedger(database, holder)
            {
                Id = row.GetInt64(0), Horizon = row.GetInt64(1), StreamsTotal = row.GetInt64(2),
                EventsTotal = row.GetInt64(3),
                Before = (row.GetInt64(4), row.GetInt64(5), row.GetInt64(6)),
            };
        }

        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return ledger;
    }

    public async Task AddRangesAsync(
        NpgsqlConnection connection, IReadOnlyList<StreamRange> ranges, CancellationToken cancel)
    {
        StreamRange[] all = [.. ranges];
        await using var command = _database.Command(connection, "add_ranges").With(Id)
            .With(Array.ConvertAll(all, range => range.Reached)).With(Array.ConvertAll(all, range => range.Last));
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>What is left to read.</summary>
    public async Task<IReadOnlyList<StreamRange>> ReadRangesAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = _database.Command(connection, "read_ranges").With(Id);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var ranges = new List<StreamRange>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            ranges.Add(
                new StreamRange(rows.GetInt32(0), rows.GetString(1), rows.IsDBNull(2) ? null : rows.GetString(2)));
        return ranges;
    }

    /// <summary>A checkpoint, within the transaction that it stands for.</summary>
    /// <exception cref="RebuildLostException">Somebody else goes on with the rebuild.</exception>
    public async Task AdvanceAsync(
        NpgsqlConnection connection, StreamRange range, string reached, bool finished,
        (long Streams, long Events, long Rows) done,
        CancellationToken cancel)
    {
        await using var command = _database.Command(connection, "advance_range")
            .With(Id).With(_holder).With(range.Number).With(reached).With(finished)
            .With(done.Streams).With(done.Events).With(done.Rows);
        Require(await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false) == 1);
    }

    /// <summary>Makes sure, until the transaction ends, that nobody else goes on with the rebuild.</summary>
    /// <exception cref="RebuildLostException">Somebody else does.</exception>
    public async Task HoldAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using (var fence = new NpgsqlCommand(
            $"select pg_advisory_xact_lock_shared({RebuildLock.FenceOf(_database)})", connection))
            await fence.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        await using var command = _database.Command(connection, "hold_rebuild").With(Id).With(_holder);
        Require(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true);
    }

    public async Task BeatAsync(NpgsqlConnection connection, RebuildProgress progress, CancellationToken cancel)
    {
        await using var command = _database.Command(connection, "beat_rebuild")
            .With(Id).With(_holder).With(progress.Phase)
            .With(progress.Streams).With(progress.Events).With(progress.Rows).With(progress.Faults);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    public async Task MoveHorizonAsync(NpgsqlConnection connection, long horizon, CancellationToken cancel)
    {
        await using var command = _database.Command(connection, "move_horizon").With(Id).With(_holder).With(horizon);
        Require(await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false) == 1);
        Horizon = horizon;
    }

    /// <summary>Whether the swap was done, though its answer did not come.</summary>
    public async Task<bool> IsDoneAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = _database.Command(connection, "is_rebuild_done").With(Id).With(_holder);
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true;
    }

    public async Task EndAsync(NpgsqlConnection connection, string state, string? error)
    {
        await using var command = _database.Command(connection, "end_rebuild")
            .With(Id).With(_holder).With(state).With(error);
        await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private static void Require(bool held)
    {
        if (!held)
            throw new RebuildLostException();
    }
}

/// <summary>Somebody else goes on with the rebuild, or has begun another.</summary>
public sealed class RebuildLostException() : Exception("Another process has taken this rebuild over.");
