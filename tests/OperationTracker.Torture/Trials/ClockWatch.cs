using System.Diagnostics;
using System.Globalization;
using Npgsql;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Trials;

/// <summary>What the clocks show, asked of those that have them: a jump that nobody saw would prove nothing.</summary>
internal static class ClockWatch
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Near = TimeSpan.FromSeconds(0.9);

    /// <summary>The nodes' headers have whole seconds, and are made anew each second.</summary>
    private static readonly TimeSpan NearInHeader = TimeSpan.FromSeconds(3);

    /// <summary>Waits until a clock shows what it was set to, and says what that is.</summary>
    /// <exception cref="InvalidOperationException">It does not.</exception>
    public static async Task<DateTimeOffset> UntilShownAsync(
        Cluster cluster, bool isPostgres, TimeSpan offset, CancellationToken cancel)
    {
        DateTimeOffset shown = default;
        for (var since = Stopwatch.StartNew(); since.Elapsed < Patience; await Task.Delay(50, cancel))
        {
            shown = isPostgres ? await OfPostgresAsync(cluster, cancel) : await OfNodeAsync(cluster, cancel);
            var off = (shown - DateTimeOffset.UtcNow - offset).Duration();
            if (off < (isPostgres ? Near : NearInHeader)) return shown;
        }

        throw new InvalidOperationException(string.Create(
            CultureInfo.InvariantCulture, $"The clock shows {shown:O}, and was set off by {offset.TotalSeconds} s."));
    }

    private static async Task<DateTimeOffset> OfPostgresAsync(Cluster cluster, CancellationToken cancel)
    {
        await using var session = await cluster.Postgres.OpenWhenUpAsync(cancel);
        await using var command = new NpgsqlCommand("select clock_timestamp()", session);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        return reader.GetFieldValue<DateTimeOffset>(0);
    }

    private static async Task<DateTimeOffset> OfNodeAsync(Cluster cluster, CancellationToken cancel)
    {
        var answer = await HttpConnection.AskAsync(cluster.Nodes[0].Port, "/health/live", cancel);
        return DateTimeOffset.Parse(answer.Headers["Date"], CultureInfo.InvariantCulture);
    }
}
