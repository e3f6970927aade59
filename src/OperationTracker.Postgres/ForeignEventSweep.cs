using Microsoft.Extensions.Logging;
using Npgsql;

namespace OperationTracker.Postgres;

/// <summary>
/// Looks each second whether other applications have appended: gives their events positions, where no flight of ours
/// has done so in passing, and has the views of their streams caught up. Costs one small query when there is nothing to
/// do.
/// </summary>
internal sealed partial class ForeignEventSweep : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Views caught up in one round; the rest waits for the next, so that our own callers are not pushed aside.
    /// </summary>
    private const int ViewsPerRound = 200;

    private readonly TrackerDatabase _database;
    private readonly Func<string, CancellationToken, Task> _catchUp;
    private readonly ILogger _logger;
    private readonly PeriodicWork _rounds;

    public ForeignEventSweep(
        TrackerDatabase database, Func<string, CancellationToken, Task> catchUp, TimeProvider clock, ILogger logger)
    {
        _database = database;
        _catchUp = catchUp;
        _logger = logger;
        _rounds = new PeriodicWork(
            Interval, RunOnceAsync, fault => LogFailed(PostgresErrors.BeforeSending(fault).Message), clock);
    }

    public void Start() => _rounds.Start();

    /// <summary>One round; false when there was nothing to do.</summary>
    public async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var (unpositioned, stale) = await FindWorkAsync(cancel).ConfigureAwait(false);
        if (unpositioned)
        {
            await using (var connection = await _database.OpenAsync(cancel).ConfigureAwait(false))
                await FlightCommand.PositionForeignEventsAsync(_database, connection, cancel).ConfigureAwait(false);
            (_, stale) = await FindWorkAsync(cancel).ConfigureAwait(false);
        }

        await Task.WhenAll(stale.Select(streamId => _catchUp(streamId, cancel))).ConfigureAwait(false);
        if (stale.Length > 0)
            LogCaughtUp(stale.Length);
        return unpositioned || stale.Length > 0;
    }

    public ValueTask DisposeAsync() => _rounds.DisposeAsync();

    private async Task<(bool Unpositioned, string[] Stale)> FindWorkAsync(CancellationToken cancel)
    {
        await using var connection = await _database.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = _database.Command(connection, "find_foreign_work").With(ViewsPerRound);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await rows.ReadAsync(cancel).ConfigureAwait(false);
        return (rows.GetBoolean(0), rows.GetFieldValue<string[]>(1));
    }

    [LoggerMessage(
        1001, LogLevel.Information, "Caught up the views of {Count} streams that other applications changed")]
    private partial void LogCaughtUp(int count);

    [LoggerMessage(1002, LogLevel.Warning, "The sweep for events of other applications failed: {Reason}")]
    private partial void LogFailed(string reason);
}
