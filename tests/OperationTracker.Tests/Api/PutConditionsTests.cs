using static OperationTracker.Tests.Api.PutOperationTests;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>
/// What a PUT demands of the operation as it stands: <c>If-Match</c>, <c>If-None-Match</c>, and ETags.
/// </summary>
public sealed class PutConditionsTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    [Fact]
    public async Task The_order_of_judgement_is_the_contracts()
    {
        const string Id = "order";
        var etag = (await tracker.PutAsync(Id, Document(Id, "completed"))).Header("ETag")!;
        (string, string) stale = ("If-Match", "\"1-00000000000000000000000000000000\"");

        ShouldBeError(await tracker.PutAsync(Id, "{", stale), 400, "010001");
        (await tracker.PutAsync(Id, Document(Id, "completed"), stale)).Status.ShouldBe(200);
        (await tracker.PutAsync(Id, Document(Id, "completed"), ("If-None-Match", "*"))).Status.ShouldBe(200);
        ShouldBeError(await tracker.PutAsync(Id, Document(Id), stale), 412, "020003", etag);
        ShouldBeError(await tracker.PutAsync(Id, Document(Id), ("If-None-Match", "*")), 412, "030002", etag);
        (await tracker.HistoryAsync(Id)).ShouldBe(["operation_registered"], "what fails a condition is not recorded");
        ShouldBeError(await tracker.PutAsync(Id, Document(Id), ("If-Match", etag)), 409, "030007", etag);
        (await tracker.PutAsync(Id, Document(Id, "failed"), ("If-Match", etag))).Status.ShouldBe(200);
        (await tracker.HistoryAsync(Id)).ShouldBe(["operation_registered", "update_refused", "result_corrected"]);
    }

    [Fact]
    public async Task Conditions_on_an_id_that_does_not_exist()
    {
        foreach (var value in new[] { "*", "\"1-00000000000000000000000000000000\"", "W/\"1\"" })
        {
            var refused = await tracker.PutAsync("nothing", Document("nothing"), ("If-Match", value));
            ShouldBeError(refused, 412, "020003");
            refused.Header("ETag").ShouldBeNull(value);
        }

        (await tracker.GetAsync("/v1/operations/nothing")).Status.ShouldBe(404);
        (await tracker.PutAsync("nothing", Document("nothing"), ("If-None-Match", " * "))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task If_match_takes_a_list_and_a_star_and_never_a_weak_tag()
    {
        const string Id = "match";
        var etag = (await tracker.PutAsync(Id, Document(Id))).Header("ETag")!;
        etag.ShouldMatch("^\"1-[0-9a-f]{32}\"$");

        ShouldBeError(
            await tracker.PutAsync(Id, Document(Id, more: "\"n\":1"), ("If-Match", $"W/{etag}")), 412, "020003", etag);
        etag = (await tracker.PutAsync(Id, Document(Id, more: "\"n\":1"), ("If-Match", $"\"x\", {etag}")))
            .Header("ETag")!;
        etag.ShouldStartWith("\"2-");
        (await tracker.PutAsync(Id, Document(Id, more: "\"n\":2"), ("If-Match", "*"))).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("If-None-Match", "\"1-00\"")]
    [InlineData("If-None-Match", "W/\"1\"")]
    [InlineData("If-None-Match", "*, *")]
    [InlineData("If-None-Match", "")]
    [InlineData("If-Match", "1-00")]
    [InlineData("If-Match", "\"")]
    [InlineData("If-Match", "")]
    public async Task A_condition_that_a_put_cannot_mean_is_400(string name, string value) =>
        ShouldBeError(await tracker.PutAsync("odd", Document("odd"), (name, value)), 400, "010002");

    [Fact]
    public async Task The_etag_is_that_of_the_document_and_survives_events_that_leave_it_alone()
    {
        const string Id = "foreign";
        var etag = (await tracker.PutAsync(Id, Document(Id))).Header("ETag")!;
        var foreign = new EventStore.ForeignWriter(tracker.ConnectionString);
        (await foreign.AppendAsync(Id, 2)).ShouldBeTrue();

        (await tracker.GetAsync($"/v1/operations/{Id}", ("If-None-Match", etag))).Status.ShouldBe(304);
        var next = await tracker.PutAsync(Id, Document(Id, more: "\"n\":1"), ("If-Match", etag));
        (next.Status, next.Header("ETag")![..3]).ShouldBe((200, "\"4-"));
    }
}
