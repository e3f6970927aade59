using System.Globalization;
using System.Text;
using System.Text.Json;

namespace OperationTracker.Benchmarks.Reporting;

/// <summary>All figures of a run: as a table for people, in Markdown and as JSON.</summary>
internal sealed class Report(Machine machine, int rounds, double seconds)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly string[] Heads = ["figure", "tracker", "baseline", "ratio", "target", "met"];

    private readonly List<Figure> _figures = [];

    public void Add(IEnumerable<Figure> figures) => _figures.AddRange(figures);

    public string Json() => JsonSerializer.Serialize(
        new { machine, rounds, secondsOfARound = seconds, figures = _figures }, Indented);

    public string Table()
    {
        var rows = _figures.Select(figure => Cells(figure).ToArray()).Prepend(Heads).ToArray();
        var widths = Heads.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        return string.Join(
            '\n', rows.Select(row => string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd()));
    }

    public string Markdown()
    {
        var text = new StringBuilder("# Results\n\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            Written by `eng/bench --results`. Medians of {rounds} rounds of {seconds} s, least and most in brackets; each ratio
            is taken within a round, between figures that were measured one right after the other on the same server.

            * {machine.Processor}, {machine.Cores} cores, {machine.MemoryGigabytes} GB, {machine.Kernel}, {machine.FileSystem}
            * PostgreSQL {machine.PostgreSql} with fsync, full_page_writes and synchronous_commit on; .NET {machine.DotNet}
            * commit {machine.Commit}, {machine.Date}; load generator, servers and database share the cores
            * {machine.GeneratorCheck}

            | {string.Join(" | ", Heads)} |
            |{string.Concat(Heads.Select(_ => "---|"))}

            """);
        foreach (var figure in _figures)
            text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Cells(figure))} |\n");
        return text.ToString();
    }

    private static IEnumerable<string> Cells(Figure figure)
    {
        yield return $"{figure.Scenario}: {figure.What}";
        yield return $"{Text(figure.Value)} {figure.Unit}";
        yield return figure.BaselineValue is { } baseline ? $"{Text(baseline)} {figure.Unit}, {figure.Baseline}" : "";
        yield return figure.Ratio is { } ratio ? Text(ratio) : "";
        yield return figure.Target is { } target ? target.ToString() : "";
        yield return figure.Met is { } met
            ? $"{(met ? "yes" : "NO")},"
                + $" {figure.Target!.Margin(figure.Judged).ToString("+0 %;-0 %", CultureInfo.InvariantCulture)}"
            : "";
    }

    private static string Text(Sample sample) => sample.Min == sample.Max
        ? Text(sample.Median)
        : $"{Text(sample.Median)} ({Text(sample.Min)}–{Text(sample.Max)})";

    /// <summary>Three digits that count.</summary>
    private static string Text(double number) => Math.Abs(number) switch
    {
        >= 100 => number.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 => number.ToString("0.0", CultureInfo.InvariantCulture),
        _ => number.ToString("0.00", CultureInfo.InvariantCulture),
    };
}
