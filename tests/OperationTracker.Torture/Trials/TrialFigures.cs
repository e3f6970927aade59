using System.Text.Json;
using OperationTracker.Torture.Checking;

namespace OperationTracker.Torture.Trials;

/// <summary>What a trial did and found.</summary>
internal sealed record TrialFigures(
    string Trial, int Seed, string Postgres, string? Plant, double Seconds, IReadOnlyDictionary<string, double> Counts,
    IReadOnlyCollection<Violation> Violations)
{
    private static readonly JsonSerializerOptions Form =
        new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public string ToJson() => JsonSerializer.Serialize(this, Form);

    public override string ToString()
    {
        var planted = Plant is null ? "" : $", planted {Plant}";
        var counts = Counts.Select(count => FormattableString.Invariant($"\n  {count.Key}: {count.Value}"));
        var found = Violations.GroupBy(violation => violation.Checker).Select(group => FormattableString.Invariant(
            $"\n  {group.Key}: {group.Count()}, the first after {group.Min(one => one.Seconds)} s:")
            + $" {group.First().Text}");
        return FormattableString.Invariant(
            $"{Trial}, seed {Seed}, PostgreSQL {Postgres}{planted}, {Seconds:0} s{string.Concat(counts)}")
            + FormattableString.Invariant($"\nviolations: {Violations.Count}{string.Concat(found)}");
    }
}
