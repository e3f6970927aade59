namespace OperationTracker.Benchmarks.Reporting;

/// <summary>A figure of several rounds.</summary>
internal sealed record Sample(double Median, double Min, double Max)
{
    public static Sample Of(IEnumerable<double> rounds)
    {
        double[] sorted = [.. rounds.Order()];
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Sample(median, sorted[0], sorted[^1]);
    }

    /// <summary>The ratio within each round, for what disturbs a round disturbs both of its figures.</summary>
    public static Sample OfRatios(IReadOnlyList<double> figures, IReadOnlyList<double> baselines) =>
        Of(figures.Zip(baselines, (figure, baseline) => figure / baseline));
}
