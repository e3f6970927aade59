namespace OperationTracker.Benchmarks.Load;

/// <summary>Seconds of CPU of some processes, each with its children, at one time.</summary>
internal sealed class CpuMeter
{
    private const string Generator = "generator";

    private readonly Dictionary<string, double> _seconds = [];

    public static CpuMeter Read(IReadOnlyDictionary<string, int[]> watched)
    {
        var meter = new CpuMeter();
        meter._seconds[Generator] = Environment.CpuUsage.TotalTime.TotalSeconds;
        foreach (var (name, pids) in watched)
            meter._seconds[name] = pids.Sum(ProcessFigures.CpuSeconds);
        return meter;
    }

    /// <summary>Microseconds used since <paramref name="before"/>, for each answer.</summary>
    public SortedDictionary<string, double> PerAnswer(CpuMeter before, long answers) => new(_seconds.ToDictionary(
        pair => pair.Key, pair => (pair.Value - before._seconds[pair.Key]) * 1e6 / Math.Max(answers, 1)));
}
