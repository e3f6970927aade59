using System.Text.Json;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>The list where a record is broken.</summary>
public sealed class UnreadableRecordTests
{
    [Fact]
    public async Task One_record_that_cannot_be_read_does_not_fail_the_list()
    {
        await using var broken = new TrackerServer();
        await broken.InitializeAsync();
        foreach (var id in new[] { "a", "b", "c" }) await broken.PutAsync(id, Document(id));
        await broken.ExecuteAsync(
            "update tracker.operations set document = '{\"request\":{\"uri\":' where operation_id = 'b'");

        var list = await broken.Client.GetStringAsync(new Uri("/v1/operations?format=list", UriKind.Relative));
        // Not by the judging client: what is left of the record has only the members that the list is ordered by.
        var detailed = await RawHttp.SendAsync(broken.Url, "GET", "/v1/operations?format=detail-list");

        list.ShouldBe("{\"operation_ids\":[\"a\",\"b\",\"c\"]}");
        using var json = JsonDocument.Parse(detailed.Body);
        json.RootElement.GetProperty("operations").EnumerateArray()
            .Select(item => $"{item.GetProperty("operation_id")} {item.GetProperty("status")}")
            .ShouldBe(["a executing", "b executing", "c executing"]);
        broken.Log.Lines.ShouldContain(line => line.Contains("operation b cannot be read"));
    }
}
