namespace OperationTracker.Torture;

/// <summary>
/// For work that takes longer the longer a run lasts: it is due again only when so much time has passed that all of it
/// together takes no more than a share of the run.
/// </summary>
/// <param name="share">Above 0, at most 1.</param>
/// <param name="clock">Measures.</param>
internal sealed class TimeShare(double share, TimeProvider clock)
{
    private TimeSpan _rest;
    private long? _ended;

    /// <summary>The first time always.</summary>
    public bool IsDue => _ended is not { } ended || clock.GetElapsedTime(ended) >= _rest;

    public async Task RunAsync(Func<Task> work)
    {
        var began = clock.GetTimestamp();
        try
        {
            await work();
        }
        finally
        {
            _ended = clock.GetTimestamp();
            _rest = clock.GetElapsedTime(began, _ended.Value) * (1 / share - 1);
        }
    }
}
