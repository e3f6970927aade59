using System.Diagnostics;

namespace OperationTracker.Postgres;

/// <summary>
/// Keeps a processor awake while the only flight is one change, of a sender who sends the next as soon as one is
/// answered. Nobody else would: the machine's processors fall asleep until the database answers, and to wake them is
/// a tenth of what such a sender waits for. Promises: what else there is to do is done as if nobody kept awake; it
/// lasts no longer than <see cref="Longest"/> and not where answers take longer, and no processor that the database
/// needs is kept from it. For one flight after the other.
/// </summary>
internal sealed class Vigil
{
    /// <summary>About what a statement and a flush take where the disk is fast.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(0.6);

    /// <summary>How soon after an answer the next change comes whose sender has waited for it.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromMilliseconds(0.3);

    private long _endedAt;
    private long _took = long.MaxValue;

    /// <summary>Waits for the answer, awake if it is worth it.</summary>
    public async Task<T> KeepAsync<T>(Task<T> answer)
    {
        var began = Stopwatch.GetTimestamp();
        if (IsWorthIt(began))
        {
            while (!answer.IsCompleted && Stopwatch.GetElapsedTime(began) < Longest)
            {
                if (ThreadPool.PendingWorkItemCount > 0)
                    await Task.Yield();
                else
                    Thread.Yield();
            }
        }

        var result = await answer.ConfigureAwait(false);
        Volatile.Write(ref _endedAt, Stopwatch.GetTimestamp());
        Volatile.Write(ref _took, _endedAt - began);
        return result;
    }

    private bool IsWorthIt(long now) =>
        Environment.ProcessorCount > 1
        && Stopwatch.GetElapsedTime(Volatile.Read(ref _endedAt), now) < AtOnce
        && Stopwatch.GetElapsedTime(0, Volatile.Read(ref _took)) < Longest;
}
