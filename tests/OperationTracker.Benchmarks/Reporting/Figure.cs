namespace OperationTracker.Benchmarks.Reporting;

/// <summary>One line of the table.</summary>
/// <param name="Id">Its name for <see cref="Targets"/> and for programs that read the JSON.</param>
/// <param name="Scenario">The scenario that measured it.</param>
/// <param name="What">For people.</param>
/// <param name="Unit">Of value and baseline.</param>
/// <param name="Value">The tracker's figure.</param>
/// <param name="Baseline">What it is compared with; null when it stands alone.</param>
/// <param name="BaselineValue">The baseline's figure, of the same rounds.</param>
/// <param name="Ratio">Value to baseline.</param>
internal sealed record Figure(
    string Id, string Scenario, string What, string Unit, Sample Value,
    string? Baseline = null, Sample? BaselineValue = null, Sample? Ratio = null)
{
    public Target? Target { get; } = Targets.Find(Id);

    /// <summary>What the target is about.</summary>
    public double Judged => (Ratio ?? Value).Median;

    /// <summary>Null when there is no target.</summary>
    public bool? Met => Target?.IsMet(Judged);
}
