using OperationTracker.Core.Json;
using OperationTracker.Core.Operations;
using static OperationTracker.Tests.Operations.WholeDocument;

namespace OperationTracker.Tests.Operations;

/// <summary>How faults are told: all at once, in order, bounded, and without a value.</summary>
public sealed class DocumentFaultTests
{
    [Fact]
    public void All_faults_are_told_at_once_in_the_order_of_the_text()
    {
        var faults = Read(
            """
            {"status":"done","response":{"status_code":99,"body":null},"a":1e999,"a":2,"occurred_time":"now",
             "request":{"method":"GET","uri":7},"target_clusters":[{},null,{"cluster_id":"","request":{}}],
             "b/~":["\u0000"]}
            """).Faults;

        faults.Select(Line).ShouldBe(
        [
            "Value /status", "Range /response/status_code", "Value /response/body", "Range /a", "Format /a",
            "Value /occurred_time", "Value /request/method", "Format /request/uri", "Value /request/body",
            "Value /target_clusters/0/cluster_id", "Value /target_clusters/0/request", "Value /target_clusters/1",
            "Value /target_clusters/2/cluster_id", "Value /target_clusters/2/request/uri",
            "Value /target_clusters/2/request/method", "Value /target_clusters/2/request/body", "Format /b~1~0/0",
            "Value /operation_id", "Value /last_update_time",
        ]);
        // The code of the answer is that of the heaviest class: 010001, 010002, 010003 in this order.
        faults.Min(fault => fault.Kind).ShouldBe(FaultKind.Format);
        (FaultKind.Format < FaultKind.Value && FaultKind.Value < FaultKind.Range).ShouldBeTrue();
    }

    [Fact]
    public void More_faults_than_an_answer_can_list_are_cut()
    {
        var name = new string('n', 9_000);
        var numbers = string.Join(',', Enumerable.Repeat("1e999", 9_000));
        var faults = Read(With("/x", $$"""{"{{name}}":[{{numbers}}]}""")).Faults;

        faults.Sum(fault => fault.Path.Length + fault.Reason.Length)
            .ShouldBeLessThan(OperationLimits.FaultCharacters + 100);
        faults[^1].Reason.ShouldBe("holds more faults than one answer can list");
        faults[0].Path.ShouldBe($"/x/{name[..256]}…/0");
    }

    [Fact]
    public void No_fault_repeats_a_value()
    {
        const string Canary = "C4N4RY";
        string[] values =
        [
            $"\"{Canary}\"", $"\"{Canary}{new string('x', 9_000)}\"", $"[\"{Canary}\"]", $"\"\\u0000{Canary}\"",
            $$"""{"z":"{{Canary}}"}""",
            "8675309e999", "8675309.5", $"\"{Canary}\\ud800\"", $"{Canary}", $"\"{Canary}", "8675309",
        ];
        foreach (var path in PathsOf(JsonTree.Parse(Whole), "").Skip(1).Append("/x"))
        {
            foreach (var value in values)
            {
                var text = With(path, "\"MARK\"").Replace("\"MARK\"", value, StringComparison.Ordinal);
                foreach (var fault in Read(text).Faults)
                {
                    $"{fault.Path} {fault.Reason}".ShouldNotContain(Canary);
                    $"{fault.Path} {fault.Reason}".ShouldNotContain("8675309");
                }
            }
        }
    }

    private static IEnumerable<string> PathsOf(JsonTree tree, string path) =>
        tree.Members.SelectMany(member => PathsOf(member.Value, $"{path}/{member.Name}"))
            .Concat(tree.Items.SelectMany((item, index) => PathsOf(item, $"{path}/{index}")))
            .Prepend(path);
}
