using Microsoft.Extensions.Logging;
using Npgsql;

namespace OperationTracker.Postgres.Embedded;

/// <summary>
/// Has a new server fill the files that its log will go on in, <c>min_wal_size</c> of them, soon after it is up. A
/// commit that is first to write to a block of a file waits for the block to be allocated too, as long again as for
/// its flush; in a file that was full before it does not. Checkpoints leave such files once the log was long enough, so
/// this is for clusters where it was not yet. The server's own functions do it: messages that nobody reads fill the
/// files, and a checkpoint gives them all the names of files to come. Nothing depends on it.
/// </summary>
internal sealed class LogReserve : IAsyncDisposable
{
    /// <summary>For so few files a checkpoint is not worth it; any cluster fills them before long.</summary>
    private const long Few = 8;

    /// <summary>How many times what is filled has to be free: a server whose log finds no space panics.</summary>
    private const long Caution = 8;

    /// <summary>
    /// Bytes of a message. A commit that comes meanwhile waits until they are on the disk too: as long again as for its
    /// own flush. A file at once would be 35 ms.
    /// </summary>
    private const int Piece = 256 * 1024;

    /// <summary>
    /// Bytes that the log may grow by beside a message's own if nobody else wrote: headers, and its commit.
    /// </summary>
    private const int Overhead = Piece / 128;

    /// <summary>
    /// How many times as long as a message took the disk is left to others before the next, where there are others.
    /// </summary>
    private const int Rests = 2;

    /// <summary>
    /// Files that others wrote meanwhile, from which on the server's own next checkpoint is waited for, which takes its
    /// time: one that is asked for writes all that they changed in one go, and they wait.
    /// </summary>
    private const int Busy = 4;

    // Not where each file would be archived, or sent to another server.
    private const string Missing = """
        select pg_current_wal_insert_lsn() - '0/0',
               (select setting::bigint << 20 from pg_settings where name = 'min_wal_size') / log.segment
                   - (select count(*) from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'),
               log.segment
        from (select setting::bigint as segment from pg_settings where name = 'wal_segment_size') as log
        where current_setting('archive_mode') = 'off' and not exists (select from pg_replication_slots)
              and not exists (select from pg_stat_replication)
        """;

    // In the transaction, so that it is flushed at once, and not by the next who commits.
    private const string WritePiece = "select pg_logical_emit_message(true, 'optrack', repeat(' ', $1)) - '0/0'";

    private readonly string _administrator;
    private readonly Func<long> _freeDisk;
    private readonly TimeSpan _after;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="administrator">The superuser's connection.</param>
    /// <param name="freeDisk">Tells how many bytes are free where the log is.</param>
    /// <param name="after">How long the disk is left to those who wait for the start.</param>
    /// <param name="logger">Is told what was filled, or why nothing was.</param>
    /// <param name="clock">Times the wait.</param>
    public LogReserve(string administrator, Func<long> freeDisk, TimeSpan after, ILogger logger, TimeProvider clock)
    {
        _administrator = administrator;
        _freeDisk = freeDisk;
        _after = after;
        _logger = logger;
        _clock = clock;
    }

    /// <summary>Ends when the files are filled, or it was given up. Never fails.</summary>
    public Task Filled { get; private set; } = Task.CompletedTask;

    public void Start() => Filled = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Filled;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            await Task.Delay(_after, _clock, _stop.Token);
            await using var session = new NpgsqlConnection(_administrator);
            await session.OpenAsync(_stop.Token);
            var (place, files, fileBytes) = await MissingAsync(session);
            if (files < Few || files * fileBytes > _freeDisk() / Caution)
                return;
            var began = _clock.GetTimestamp();
            var ofOthers = await FillAsync(session, place, place + (files * fileBytes));
            if (ofOthers < Busy * fileBytes)
                await CheckpointAsync(session);
            _logger.LogReserveFilled(files, _clock.GetElapsedTime(began));
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped.
        }
        catch (Exception fault) when (fault is NpgsqlException or IOException or UnauthorizedAccessException
            or OperationCanceledException)
        {
            _logger.LogReserveNotFilled(fault.Message);
        }
    }

    /// <summary>Writes until the log is so long, and tells how much of that others wrote.</summary>
    private async Task<long> FillAsync(NpgsqlConnection session, long from, long to)
    {
        await using var command = new NpgsqlCommand(WritePiece, session).With(Piece);
        await command.PrepareAsync(_stop.Token);
        var ofOthers = 0L;
        for (var place = from; place < to;)
        {
            var (began, before) = (_clock.GetTimestamp(), place);
            place = (long)(decimal)(await command.ExecuteScalarAsync(_stop.Token))!;
            if (place - before <= Piece + Overhead)
                continue;
            ofOthers += place - before - Piece;
            await Task.Delay(Rests * _clock.GetElapsedTime(began), _clock, _stop.Token);
        }

        return ofOthers;
    }

    private async Task<(long Place, long Files, long FileBytes)> MissingAsync(NpgsqlConnection session)
    {
        await using var command = new NpgsqlCommand(Missing, session);
        await using var rows = await command.ExecuteReaderAsync(_stop.Token);
        return await rows.ReadAsync(_stop.Token)
            ? ((long)rows.GetDecimal(0), rows.GetInt64(1), rows.GetInt64(2))
            : (0, 0, 0);
    }

    private async Task CheckpointAsync(NpgsqlConnection session)
    {
        await using var command = new NpgsqlCommand("checkpoint", session);
        await command.ExecuteNonQueryAsync(_stop.Token);
    }
}
