namespace OperationTracker.Postgres;

/// <summary>
/// Work that is done again and again beside the requests, until it is disposed of. A round that fails is told, and the
/// next one comes; rounds never overlap.
/// </summary>
internal sealed class PeriodicWork(
    TimeSpan interval, Func<CancellationToken, Task> round, Action<Exception> failed,
    TimeProvider clock) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    /// <summary>Begins, one interval from now.</summary>
    public void Start() => _running = Task.Run(RunAsync);

    /// <summary>Cancels the round that is under way and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await round(_stop.Token).ConfigureAwait(false);
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    failed(fault);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
