using System.Text;
using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Network;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Tests.Torture;

/// <summary>What is asked over HTTP at rest: right answers, and each way in which they can be wrong.</summary>
public sealed class RestingChecksTests
{
    private static readonly string[] List = ["a 1", "b 2", "c 3"];

    private static readonly StoredChange Change =
        new(1, 1, 2, false, "a", Documents.Hash(System.Text.Json.Nodes.JsonNode.Parse("""{"n": 1.0}""")));

    [Fact]
    public void A_list_that_is_as_it_should_be_is_right() =>
        ListCheck.Differences(List, ["a 1", "b 2", "c 3"]).ShouldBeEmpty();

    [Theory]
    [InlineData("b 2 is missing", "a 1", "c 3")]
    [InlineData("d 4 is in it", "a 1", "b 2", "c 3", "d 4")]
    [InlineData("something is in it twice", "a 1", "b 2", "b 2", "c 3")]
    [InlineData("its order is another", "a 1", "c 3", "b 2")]
    public void A_list_that_is_wrong_is_found(string difference, params string[] told) =>
        ListCheck.Differences(List, told).ShouldBe([difference]);

    [Fact]
    public void A_list_with_another_document_is_found() =>
        ListCheck.Differences(List, ["a 1", "b 7", "c 3"]).ShouldBe(["b 2 is missing", "b 7 is in it"]);

    [Fact]
    public void The_document_of_then_is_right() => Past("\"2-x\"", """{"n":1.0}""").ShouldBeEmpty();

    [Theory]
    [InlineData("\"1-x\"", """{"n":1.0}""", "has the ETag")]
    [InlineData("\"2-x\"", """{"n":1}""", "is not the document of then")]
    public void Another_document_or_version_than_then_is_found(string tag, string body, string found) =>
        Past(tag, body).ShouldHaveSingleItem().ShouldContain(found);

    [Fact]
    public void A_past_that_is_not_answered_is_found() =>
        Past("\"2-x\"", "{}", status: 404).ShouldHaveSingleItem().ShouldContain("404");

    [Fact]
    public void Answers_that_are_alike_do_not_differ() => SameAnswers.Difference(["200 x", "200 x"]).ShouldBeNull();

    [Fact]
    public void Answers_that_differ_are_told_where_they_do() =>
        SameAnswers.Difference(["200 1.5", "200 1.5", "200 1,5"]).ShouldBe(
            "node0 says …200 1.5…, node2 says …200 1,5…");

    private static IEnumerable<string> Past(string tag, string body, int status = 200)
    {
        var violations = new Violations(() => 0);
        var answer = new HttpAnswer(
            status, new Dictionary<string, string> { ["ETag"] = tag }, Encoding.UTF8.GetBytes(body));
        HistoryCheck.Compare("target", answer, new StoredStream("op", [Change], []), Change, violations);
        return violations.All.Select(violation => violation.Text);
    }
}
