namespace OperationTracker.Benchmarks.Load;

/// <summary>What a load found, in its measured part.</summary>
internal sealed record LoadResult
{
    /// <summary>Answers a second.</summary>
    public required double Rate { get; init; }

    /// <summary>Answers of the measured part.</summary>
    public required long Answers { get; init; }

    /// <summary>Answers, warm-up and drain included.</summary>
    public required long AllAnswers { get; init; }

    /// <summary>
    /// Milliseconds: in a closed loop from sending to the whole answer, in an open one from when the request was due.
    /// </summary>
    public required LatencySummary Latency { get; init; }

    /// <summary>All answers by their status.</summary>
    public required SortedDictionary<int, long> Statuses { get; init; }

    /// <summary>Requests that were due and never answered; their waits so far are among the latencies.</summary>
    public required long Unanswered { get; init; }

    /// <summary>Microseconds of CPU an answer, of each watched process and of the generator.</summary>
    public required SortedDictionary<string, double> CpuMicroseconds { get; init; }
}

/// <summary>Percentiles of latencies, in milliseconds.</summary>
internal sealed record LatencySummary(double P50, double P90, double P95, double P99, double P999, double Max)
{
    /// <summary>Of all latencies, in ticks of 100 ns; sorts them. All are 0 when there are none.</summary>
    public static LatencySummary Of(List<long> ticks)
    {
        ticks.Sort();
        return new LatencySummary(At(0.5), At(0.9), At(0.95), At(0.99), At(0.999), At(1));

        // The smallest latency that at least this share of all does not exceed.
        double At(double share) => ticks.Count == 0
            ? 0
            : ticks[Math.Clamp((int)Math.Ceiling(share * ticks.Count) - 1, 0, ticks.Count - 1)] / 10_000.0;
    }
}
