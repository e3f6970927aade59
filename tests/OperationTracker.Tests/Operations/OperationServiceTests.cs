using System.Diagnostics.Metrics;
using System.Text;
using OperationTracker.Core;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>The order in which a PUT is judged: the contract's rule 6.</summary>
public sealed class OperationServiceTests
{
    private const string Id = "0011795132800012";

    private readonly MemoryEventStore _store = new(TimeProvider.System);

    private OperationService Service => new(_store);

    /// <summary>What stands is <c>executing</c>. A line: what is sent, upon what, and the outcome.</summary>
    [Theory]
    // A fault in the body goes before everything.
    [InlineData("faulty", "none", "Invalid", 0)]
    [InlineData("faulty", "other tag", "Invalid", 0)]
    [InlineData("other id", "none", "Invalid", 0)]
    // A repeat of what stands is a success, whatever its condition.
    [InlineData("same", "none", "Unchanged", 0)]
    [InlineData("same", "its tag", "Unchanged", 0)]
    [InlineData("same", "other tag", "Unchanged", 0)]
    [InlineData("same", "exists", "Unchanged", 0)]
    [InlineData("same", "absent", "Unchanged", 0)]
    // A condition that fails goes before a status that goes back, and nothing is recorded.
    [InlineData("back", "other tag", "VersionConflict", 0)]
    [InlineData("back", "absent", "VersionConflict exists", 0)]
    [InlineData("back", "none", "TransitionRefused", 1)]
    [InlineData("back", "its tag", "TransitionRefused", 1)]
    [InlineData("back", "exists", "TransitionRefused", 1)]
    // Then the change.
    [InlineData("forward", "none", "Changed", 1)]
    [InlineData("forward", "its tag", "Changed", 1)]
    [InlineData("forward", "one of two tags", "Changed", 1)]
    [InlineData("forward", "exists", "Changed", 1)]
    [InlineData("forward", "other tag", "VersionConflict", 0)]
    [InlineData("forward", "weak tag", "VersionConflict", 0)]
    [InlineData("forward", "no tag", "VersionConflict", 0)]
    [InlineData("forward", "absent", "VersionConflict exists", 0)]
    public async Task Upon_an_operation_that_exists(string sent, string condition, string outcome, int appended)
    {
        var standing = await PutAsync(Document("executing"));
        var view = standing.ShouldBeOfType<PutOutcome.Registered>().View;

        var came = await PutAsync(Sent(sent), Condition(condition, view.ETag));

        Name(came).ShouldBe(outcome);
        (await EventsAsync()).Count.ShouldBe(1 + appended);
        var after = await Service.GetAsync(OperationId.Parse(Id), null, CancellationToken.None);
        (after!.ETag == view.ETag).ShouldBe(outcome != "Changed");
        (ViewOf(came)?.ETag ?? after.ETag).ShouldBe(after.ETag);
    }

    [Theory]
    [InlineData("faulty", "exists", "Invalid", 0)]
    [InlineData("same", "none", "Registered", 1)]
    [InlineData("same", "absent", "Registered", 1)]
    [InlineData("same", "exists", "VersionConflict", 0)]
    [InlineData("same", "other tag", "VersionConflict", 0)]
    [InlineData("back", "none", "Registered", 1)]
    [InlineData("forward", "none", "Registered", 1)]
    public async Task Upon_an_operation_that_does_not_exist(string sent, string condition, string outcome, int appended)
    {
        var came = await PutAsync(Sent(sent), Condition(condition, "\"1-0\""));

        Name(came).ShouldBe(outcome);
        (await EventsAsync()).Count.ShouldBe(appended);
        (ViewOf(came) is not null).ShouldBe(outcome == "Registered");
    }

    [Fact]
    public async Task An_id_that_differs_from_the_paths_is_told_as_a_fault_of_value() =>
        (await PutAsync(Sent("other id"))).ShouldBeOfType<PutOutcome.Invalid>().Faults
            .ShouldBe([new DocumentFault(FaultKind.Value, "/operation_id", "differs from the id in the path")]);

    [Fact]
    public async Task A_refused_put_that_comes_again_is_refused_again_and_recorded_once()
    {
        await PutAsync(Document("executing"));

        for (var i = 0; i < 6; i++)
        {
            var refused = (await PutAsync(Sent("back"))).ShouldBeOfType<PutOutcome.TransitionRefused>();
            (refused.From, refused.To).ShouldBe((OperationStatus.Executing, OperationStatus.Unexecuted));
        }

        (await EventsAsync()).Select(item => item.Type).ShouldBe(["operation_registered", "update_refused"]);
        await PutAsync(Sent("forward"));
        await PutAsync(Sent("back"));
        (await EventsAsync()).Select(item => item.Type)
            .ShouldBe(["operation_registered", "update_refused", "status_changed", "update_refused"]);
    }

    [Fact]
    public async Task Every_refusal_is_counted_and_a_hundred_are_recorded()
    {
        // The meter is the process's: what other tests are refused meanwhile is not this test's.
        var mine = new AsyncLocal<bool> { Value = true };
        var counted = new Dictionary<bool, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument is { Meter.Name: OperationService.MeterName, Name: "optrack.updates.refused" })
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            if (mine.Value)
                counted[(bool)tags[0].Value!] = counted.GetValueOrDefault((bool)tags[0].Value!) + count;
        });
        listener.Start();
        await PutAsync(Document("executing"));

        for (var i = 0; i < OperationLimits.RecordedRefusals + 7; i++)
        {
            await PutAsync(Document("unexecuted").Replace(
                "\"last_update_time\":\"20261120_090000", $"\"last_update_time\":\"20261120_09{i / 60:00}{i % 60:00}",
                StringComparison.Ordinal));
        }

        counted.ShouldBe(
            new Dictionary<bool, long> { [true] = OperationLimits.RecordedRefusals, [false] = 7 }, ignoreOrder: true);
        (await EventsAsync()).Count(item => item.Type == "update_refused").ShouldBe(OperationLimits.RecordedRefusals);
    }

    [Fact]
    public async Task The_tag_stands_still_while_others_append_what_does_not_change_the_document()
    {
        var before = ViewOf(await PutAsync(Document("executing")))!;
        _store.AppendForeign(Id, "somebody_elses", """{"a":1}""");
        _store.AppendForeign(Id, "status_changed", """{"not":"ours"}""");

        (await PutAsync(Sent("same"))).ShouldBeOfType<PutOutcome.Unchanged>().View.ETag.ShouldBe(before.ETag);
        (await PutAsync(Sent("forward"), Condition("its tag", before.ETag))).ShouldBeOfType<PutOutcome.Changed>()
            .View.DocumentVersion.ShouldBe(4);
    }

    private Task<PutOutcome> PutAsync(string body, PutCondition? condition = null) => Service.PutAsync(
        OperationId.Parse(Id), Encoding.UTF8.GetBytes(body), condition ?? PutCondition.None, new ChangeSource(),
        CancellationToken.None);

    private Task<IReadOnlyList<StoredEvent>> EventsAsync() =>
        _store.ReadStreamAsync(OperationId.Parse(Id), 0, int.MaxValue, CancellationToken.None);

    private static string Sent(string what) => what switch
    {
        "faulty" => "{}",
        "other id" => Document("executing").Replace(Id, "other", StringComparison.Ordinal),
        // The same document with another white space and an escape.
        "same" => Document("executing")
            .Replace("{\"operation_id\"", "{ \"operation\\u005fid\"", StringComparison.Ordinal),
        "back" => Document("unexecuted"),
        _ => Document("canceled"),
    };

    private static string Document(string status) => $$"""
        {"operation_id":"{{Id}}","occurred_time":"20261120_090000","last_update_time":"20261120_090000",
         "request":{"uri":"/v1/slices","method":"POST","body":""},"status":"{{status}}"}
        """;

    private static PutCondition Condition(string text, string tag) => text switch
    {
        "none" => PutCondition.None,
        "exists" => new PutCondition(MustExist: true),
        "absent" => new PutCondition(MustNotExist: true),
        "its tag" => new PutCondition(ETags: [tag]),
        "one of two tags" => new PutCondition(ETags: ["\"9-0\"", tag]),
        "weak tag" => new PutCondition(ETags: ["W/" + tag]),
        "no tag" => new PutCondition(ETags: []),
        _ => new PutCondition(ETags: ["\"9-0\""]),
    };

    private static string Name(PutOutcome outcome) =>
        outcome.GetType().Name + (outcome is PutOutcome.VersionConflict { AlreadyExists: true } ? " exists" : "");

    private static OperationView? ViewOf(PutOutcome outcome) => outcome switch
    {
        PutOutcome.Registered registered => registered.View,
        PutOutcome.Changed changed => changed.View,
        PutOutcome.Unchanged unchanged => unchanged.View,
        PutOutcome.TransitionRefused refused => refused.View,
        PutOutcome.VersionConflict conflict => conflict.View,
        _ => null,
    };
}
