using OperationTracker.Torture.Checking;
using OperationTracker.Torture.Workload;

namespace OperationTracker.Tests.Torture;

/// <summary>A history that is right, and each way in which it can be wrong.</summary>
public sealed class LedgerCheckTests
{
    private static readonly Attempt First = Put(1, "a", version: 2);
    private static readonly Attempt Second = Put(2, "b", version: 3);
    private static readonly StoredChange FirstChange = new(1, 1, 2, false, "a", "doc a");
    private static readonly StoredChange SecondChange = new(2, 3, 3, false, "b", "doc b");

    [Fact]
    public void A_history_that_is_as_it_was_told_is_right() =>
        Check([First, Second], [FirstChange, SecondChange]).ShouldBeEmpty();

    [Fact]
    public void A_repeat_of_what_stands_is_right() =>
        Check([First, Put(2, "a", version: 2)], [FirstChange]).ShouldBeEmpty();

    [Fact]
    public void An_unknown_outcome_may_stand_or_not() =>
        Check([First, Unknown(Second), Unknown(Put(3, "c", 0))], [FirstChange, SecondChange]).ShouldBeEmpty();

    [Fact]
    public void A_refusal_is_recorded_and_stands_for_nothing() => Check(
        [First, Put(2, "b", 0) with { Outcome = Outcome.Refused, Status = 409 }],
        [FirstChange, new(2, 3, 3, true, "a", "doc a")]).ShouldBeEmpty();

    [Fact]
    public void Acknowledged_and_lost() =>
        Check([First, Second], [FirstChange]).ShouldHaveSingleItem().ShouldContain("lost");

    [Fact]
    public void Acknowledged_as_another_version() =>
        Check([First, Put(2, "b", version: 4)], [FirstChange, SecondChange])
            .ShouldHaveSingleItem().ShouldContain("told as");

    [Fact]
    public void Stands_twice() => Check([First, Second], [FirstChange, SecondChange, new(1, 4, 4, false, "a", "doc a")])
        .ShouldContain(text => text.Contains("stands twice"));

    [Fact]
    public void Appended_again_for_nothing() => Check(
        [First, Put(2, "a", version: 3)], [FirstChange, new(2, 3, 3, false, "a", "doc a")])
        .ShouldContain(text => text.Contains("for nothing"));

    [Fact]
    public void Refused_and_stands() => Check(
        [First, Put(2, "b", 0) with { Outcome = Outcome.Refused, Status = 412 }], [FirstChange, SecondChange])
        .ShouldHaveSingleItem().ShouldContain("refused, and stands");

    [Fact]
    public void Sent_by_nobody() =>
        Check([First], [FirstChange, SecondChange]).ShouldHaveSingleItem().ShouldContain("nobody sent");

    [Fact]
    public void Another_document_than_was_sent() =>
        Check([First], [FirstChange with { Document = "doc z" }]).ShouldHaveSingleItem().ShouldContain(
            "not the document");

    [Fact]
    public void A_condition_that_did_not_hold() => Check(
        [First, Second, Put(3, "c", version: 4) with { Expected = 2 }],
        [FirstChange, SecondChange, new(3, 4, 4, false, "c", "doc c")])
            .ShouldHaveSingleItem().ShouldContain("demanded");

    internal static Attempt Put(long number, string token, long version) => new(number, 0, "op")
    {
        IsPut = true, Token = token, Document = $"doc {token}", Outcome = Outcome.Ok, Status = 200, Version = version,
        Invoked = number * 10, Returned = number * 10 + 5,
    };

    private static Attempt Unknown(Attempt attempt) =>
        attempt with { Outcome = Outcome.Unknown, Status = 0, Returned = long.MaxValue };

    private static IEnumerable<string> Check(Attempt[] attempts, StoredChange[] changes)
    {
        var violations = new Violations(() => 0);
        LedgerCheck.Run(
            attempts, new Dictionary<string, StoredStream> { ["op"] = new("op", changes, []) }, violations);
        return violations.All.Select(violation => violation.Text);
    }
}
