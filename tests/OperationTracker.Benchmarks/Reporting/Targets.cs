using System.Globalization;

namespace OperationTracker.Benchmarks.Reporting;

/// <summary>What a figure, or its ratio where it has a baseline, must reach or stay under.</summary>
internal sealed record Target(string Figure, bool AtLeast, double Bound)
{
    public bool IsMet(double judged) => AtLeast ? judged >= Bound : judged <= Bound;

    /// <summary>By how much it is met or missed, as a share of the bound; positive is better.</summary>
    public double Margin(double judged) =>
        Bound == 0 ? (IsMet(judged) ? 0 : -1) : AtLeast ? (judged / Bound) - 1 : 1 - (judged / Bound);

    public override string ToString() => (AtLeast ? "≥ " : "≤ ") + Bound.ToString(CultureInfo.InvariantCulture);
}

/// <summary>All that the tracker has to show, on two cores, as medians of five rounds.</summary>
internal static class Targets
{
    private static readonly Target[] All =
    [
        new("put.1k.64.rate/locked", AtLeast: true, 4),
        new("put.1k.64.rate/free", AtLeast: true, 1.5),
        new("put.1k.half.p99", AtLeast: false, 10),
        new("put.1k.1.p50/commit", AtLeast: false, 4),
        new("get.present.rate/static", AtLeast: true, 0.6),
        new("get.present.rate/query", AtLeast: true, 2),
        new("get.unchanged.rate/present", AtLeast: true, 1.1),
        new("list.ids.rate/copy", AtLeast: true, 0.4),
        new("list.detail.rate/copy", AtLeast: true, 0.2),
        new("past.page.p95", AtLeast: false, 300),
        new("past.detail.p95", AtLeast: false, 300),
        new("growth.2000000.put.rate/0", AtLeast: true, 0.8),
        new("hot.rate/spread", AtLeast: true, 0.3),
        new("nodes.3.rate/1", AtLeast: true, 0.6),
        new("nodes.3.p99/1", AtLeast: false, 4),
        new("rebuild.rate/copy", AtLeast: true, 0.5),
        new("rebuild.fast.p99/without", AtLeast: false, 3),
        new("rebuild.paced.p99/without", AtLeast: false, 1.5),
        new("rebuild.lock", AtLeast: false, 200),
        new("rebuild.memory", AtLeast: false, 200),
        new("rebuild.missing", AtLeast: false, 0),
        new("rebuild.stale", AtLeast: false, 0),
        new("audit.with.rate/without", AtLeast: true, 0.85),
        new("audit.with.p95/without", AtLeast: false, 1.15),
        new("audit.verify", AtLeast: true, 50_000),
        new("bundle.unlike", AtLeast: false, 0),
        new("bundle.verify", AtLeast: true, 50_000),
        .. Memory("put.1k", "put.64k", "get", "list", "past", "growth", "hot", "nodes"),
    ];

    public static Target? Find(string figure) => All.FirstOrDefault(target => target.Figure == figure);

    private static IEnumerable<Target> Memory(params string[] scenarios) =>
        scenarios.Select(scenario => new Target($"{scenario}.memory", AtLeast: false, 300));
}
