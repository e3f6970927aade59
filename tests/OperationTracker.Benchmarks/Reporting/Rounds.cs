using OperationTracker.Benchmarks.Load;

namespace OperationTracker.Benchmarks.Reporting;

/// <summary>Collects the figures of a scenario, round by round, and makes lines of the table of them.</summary>
internal sealed class Rounds(string scenario)
{
    private readonly Dictionary<string, List<double>> _series = [];
    private readonly List<Figure> _figures = [];

    public IReadOnlyList<Figure> Figures => _figures;

    public void Add(string series, double figure)
    {
        if (!_series.TryGetValue(series, out var figures))
            _series[series] = figures = [];
        figures.Add(figure);
    }

    /// <summary>Rate, latencies and CPU of a load, under names that begin with <paramref name="series"/>.</summary>
    public void Add(string series, LoadResult load)
    {
        Add($"{series}.rate", load.Rate);
        Add($"{series}.p50", load.Latency.P50);
        Add($"{series}.p95", load.Latency.P95);
        Add($"{series}.p99", load.Latency.P99);
        foreach (var (process, cpu) in load.CpuMicroseconds)
            Add($"{series}.cpu.{process}", cpu);
    }

    public bool Has(string series) => _series.ContainsKey(series);

    public double Last(string series) => _series[series][^1];

    /// <summary>A line that stands alone.</summary>
    public void Tell(string series, string what, string unit) =>
        _figures.Add(new Figure($"{scenario}.{series}", scenario, what, unit, Sample.Of(_series[series])));

    /// <summary>A line with a ratio. <paramref name="id"/> names it, for its target.</summary>
    public void Compare(string id, string series, string what, string unit, string with, string baseline) =>
        _figures.Add(new Figure(
            $"{scenario}.{id}", scenario, what, unit, Sample.Of(_series[series]), baseline, Sample.Of(_series[with]),
            Sample.OfRatios(_series[series], _series[with])));

    /// <summary>The lines of a load: rate, latencies, CPU.</summary>
    public void TellLoad(string series, string what, string unit)
    {
        Tell($"{series}.rate", what, $"{unit}/s");
        Tell($"{series}.p50", $"{what}, p50", "ms");
        Tell($"{series}.p99", $"{what}, p99", "ms");
        TellCpu(series, what, unit);
    }

    public void TellCpu(string series, string what, string unit)
    {
        foreach (var process in new[] { "server", "postgres", "generator" })
        {
            if (Has($"{series}.cpu.{process}"))
                Tell($"{series}.cpu.{process}", $"{what}, CPU of {process}", $"µs/{unit}");
        }
    }

    /// <summary>The most memory that any of the trackers ever had, and the most that one has at the end.</summary>
    public void TellMemory(params (double Peak, double Now)[] trackers)
    {
        Add("memory", trackers.Max(tracker => tracker.Peak));
        Add("memory.end", trackers.Max(tracker => tracker.Now));
        Tell("memory", "memory of a tracker, at most", "MB");
        Tell("memory.end", "memory of a tracker, at the end", "MB");
    }
}
