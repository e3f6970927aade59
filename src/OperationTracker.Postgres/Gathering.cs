namespace OperationTracker.Postgres;

/// <summary>What a queue does before it takes what waits: the more share a statement, the less each costs.</summary>
internal static class Gathering
{
    /// <summary>
    /// Lets whatever is ready to run go first, for as long as that brings more. Where nothing else is ready it takes no
    /// time.
    /// </summary>
    /// <param name="countWaiting">How many wait now.</param>
    /// <param name="enough">As many as can be taken.</param>
    public static async Task LetOthersJoinAsync(Func<int> countWaiting, int enough)
    {
        for (var (before, now) = (-1, 0); now > before && now < enough;)
        {
            await Task.Yield();
            (before, now) = (now, countWaiting());
        }
    }
}
