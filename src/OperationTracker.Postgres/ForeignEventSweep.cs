using Microsoft.Extensions.Logging;
using Npgsql;

namespace OperationTracker.Postgres;

/// <summary>
/// Looks each second whether other applications have appended: gives their events positions, where no flight of ours has
/// done so in passing, and has the views of their streams caught up. Costs one small query when there is nothing to do.
/// </summary>
internal sealed partial class ForeignEventSweep(
    TrackerDatabase database, Func<string, CancellationToken, Task> catchUp, TimeProvider clock, ILogger logger)
    : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>Views caught up in one round; the rest waits for the next, so that our own callers are not pushed aside.</summary>
    private const int ViewsPerRound = 200;

    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>One round; false when there was nothing to do.</summary>
    public async Task<bool> RunOnceAsync(CancellationToken cancel)
    {
        var (unpositioned, stale) = await FindWorkAsync(cancel).ConfigureAwait(false);
        if (unpositioned)
        {
            await PositionAsync(cancel).ConfigureAwait(false);
            (_, stale) = await FindWorkAsync(cancel).ConfigureAwait(false);
        }

        await Task.WhenAll(stale.Select(streamId => catchUp(streamId, cancel))).ConfigureAwait(false);
        if (stale.Length > 0)
            LogCaughtUp(stale.Length);
        return unpositioned || stale.Length > 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await RunOnceAsync(_stop.Token).ConfigureAwait(false);
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    LogFailed(PostgresErrors.BeforeSending(fault).Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task<(bool Unpositioned, string[] Stale)> FindWorkAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = database.Command(connection, "find_foreign_work");
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = ViewsPerRound });
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await rows.ReadAsync(cancel).ConfigureAwait(false);
        return (rows.GetBoolean(0), rows.GetFieldValue<string[]>(1));
    }

    /// <summary>A flight of nothing: it takes the append lock and positions what is there.</summary>
    private async Task PositionAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        await using var command = FlightCommand.Create(database, connection, new FlightPlan());
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    [LoggerMessage(1001, LogLevel.Information, "Caught up the views of {Count} streams that other applications changed")]
    private partial void LogCaughtUp(int count);

    [LoggerMessage(1002, LogLevel.Warning, "The sweep for events of other applications failed: {Reason}")]
    private partial void LogFailed(string reason);
}
