using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Tests.Torture;

/// <summary>Two changes, and a read that fits them or not. PUT n is sent at 10 n and answered at 10 n + 5.</summary>
public sealed class LinearizabilityCheckTests
{
    private static readonly Attempt[] Puts = [LedgerCheckTests.Put(1, "a", 1), LedgerCheckTests.Put(2, "b", 2)];

    [Theory]
    [InlineData(1, "doc a", 16, 18)]
    [InlineData(1, "doc a", 12, 14)]
    [InlineData(1, "doc a", 22, 30)]
    [InlineData(2, "doc b", 22, 24)]
    [InlineData(0, null, 1, 40)]
    public void A_read_may_see_what_stands_at_any_time_between_question_and_answer(
        long version, string? document, long invoked, long returned) =>
        Check([.. Puts, Get(version, document, invoked, returned)]).ShouldBeEmpty();

    [Theory]
    [InlineData(1, "doc a", 26, 30, "after 2 was told")]
    [InlineData(0, null, 16, 18, "after 1 was told")]
    [InlineData(2, "doc b", 12, 14, "before it was sent")]
    [InlineData(2, "doc a", 26, 30, "another document")]
    [InlineData(3, "doc c", 26, 30, "no change made")]
    public void A_read_from_the_past_or_the_future_or_of_another_document_is_found(
        long version, string? document, long invoked, long returned, string text) =>
        Check([.. Puts, Get(version, document, invoked, returned)]).ShouldContain(found => found.Contains(text));

    [Fact]
    public void A_change_before_one_that_was_told_already_is_found() => Check(
        [LedgerCheckTests.Put(1, "a", 2), LedgerCheckTests.Put(2, "b", 1)],
        new(2, 1, 1, false, "b", "doc b"),
        new(1, 2, 2, false, "a", "doc a")).ShouldHaveSingleItem().ShouldContain("made 1 after 2");

    [Fact]
    public void A_change_whose_outcome_is_unknown_may_come_late() => Check(
        [Puts[0] with { Outcome = Outcome.Unknown, Returned = long.MaxValue }, Puts[1] with { Version = 1 }],
        new(2, 1, 1, false, "b", "doc b"), new(1, 2, 2, false, "a", "doc a")).ShouldBeEmpty();

    private static Attempt Get(long version, string? document, long invoked, long returned) => new(9, 1, "op")
    {
        Outcome = Outcome.Ok, Status = version > 0 ? 200 : 404, Version = version, Document = document,
        Invoked = invoked,
        Returned = returned,
    };

    private static IEnumerable<string> Check(Attempt[] attempts, params StoredChange[] changes)
    {
        if (changes.Length == 0) changes = [new(1, 1, 1, false, "a", "doc a"), new(2, 2, 2, false, "b", "doc b")];
        var violations = new Violations(() => 0);
        LinearizabilityCheck.Run(
            attempts, new Dictionary<string, StoredStream> { ["op"] = new("op", changes, []) }, violations);
        return violations.All.Select(violation => violation.Text);
    }
}
