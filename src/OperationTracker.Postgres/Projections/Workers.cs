using System.Runtime.ExceptionServices;

namespace OperationTracker.Postgres.Projections;

/// <summary>Several of a kind that share their work.</summary>
internal static class Workers
{
    /// <summary>
    /// Runs them all to their ends; when one fails, the others are stopped, and its failure is thrown.
    /// </summary>
    public static async Task RunAllAsync(int count, Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Exception? first = null;
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(RunOneAsync, CancellationToken.None)))
            .ConfigureAwait(false);
        if (first is not null)
            ExceptionDispatchInfo.Throw(first);

        async Task RunOneAsync()
        {
            try
            {
                await work(stop.Token).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                Interlocked.CompareExchange(ref first, fault, null);
                await stop.CancelAsync().ConfigureAwait(false);
            }
        }
    }
}

/// <summary>Tells each second, until it is disposed of.</summary>
internal sealed class Ticker : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ITimer _timer;

    public Ticker(TimeProvider clock, Action tick) => _timer = clock.CreateTimer(_ => tick(), null, Second, Second);

    public void Dispose() => _timer.Dispose();
}
