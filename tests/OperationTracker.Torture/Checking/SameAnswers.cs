using System.Text;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Checking;

/// <summary>
/// At rest all nodes answer a question with the same status, the same header fields that matter, and the same bytes.
/// </summary>
internal static class SameAnswers
{
    private static readonly string[] Fields = ["ETag", "Content-Type", "Cache-Control", "Operation-Change"];

    /// <returns>How many questions were answered alike.</returns>
    public static async Task<int> CompareAsync(
        int[] ports, IEnumerable<string> targets, Violations violations, CancellationToken cancel)
    {
        var same = 0;
        foreach (var target in targets)
        {
            var answers = new List<string>();
            foreach (var port in ports) answers.Add(Text(await new RestingReader([port]).GetAsync(target, cancel)));
            if (Difference(answers) is { } difference) violations.Add("same-answers", $"{target}: {difference}");
            else same++;
        }

        return same;
    }

    /// <summary>Null when all are alike.</summary>
    internal static string? Difference(IReadOnlyList<string> answers)
    {
        var other = answers.ToList().FindIndex(answer => answer != answers[0]);
        if (other < 0) return null;
        var at = answers[0].Zip(answers[other]).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"node0 says …{Around(answers[0], at)}…, node{other} says …{Around(answers[other], at)}…";
    }

    private static string Text(HttpAnswer answer) =>
        $"{answer.Status} {string.Join(' ', Fields.Select(answer.Headers.GetValueOrDefault))}"
        + $" {Encoding.UTF8.GetString(answer.Body)}";

    private static string Around(string text, int at) => text[Math.Max(0, at - 30)..Math.Min(text.Length, at + 30)];
}
