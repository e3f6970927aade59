using System.Diagnostics;

namespace OperationTracker.Tests;

/// <summary>Waits for what will be true soon, and says what it waited for when it does not come.</summary>
public static class Eventually
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    public static async Task BeTrueAsync(Func<bool> condition, TimeSpan limit, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            if (waited.Elapsed > limit) throw new TimeoutException($"After {limit}, still not: {what}.");
            await Task.Delay(Poll);
        }
    }
}
