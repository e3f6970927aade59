using static OperationTracker.Tests.Api.PutOperationTests;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>What is wrong in a document, told with its class and its place.</summary>
public sealed class PutFaultsTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{} {}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{/**/}")]
    [InlineData("\uFEFF\uFEFF{}")]
    [InlineData("{\"operation_id\":NaN}")]
    [InlineData("{\"a\":01}")]
    public async Task What_is_no_json_object_is_010001(string body) =>
        ShouldBeError(await tracker.PutAsync("format", body), 400, "010001");

    [Theory]
    [InlineData("status", "\"done\"", "010002", "/status")]
    [InlineData("status", "null", "010002", "/status")]
    [InlineData("status", "1", "010001", "/status")]
    [InlineData("status", null, "010002", "/status")]
    [InlineData("operation_id", "\"other\"", "010002", "/operation_id")]
    [InlineData("operation_id", "\"a/b\"", "010002", "/operation_id")]
    [InlineData("occurred_time", "\"20260230_000000\"", "010002", "/occurred_time")]
    [InlineData("occurred_time", "\"20260101_240000\"", "010002", "/occurred_time")]
    [InlineData("occurred_time", "\"2026-01-01T00:00:00\"", "010002", "/occurred_time")]
    [InlineData("request", "null", "010002", "/request")]
    [InlineData("request", "[]", "010001", "/request")]
    [InlineData("request/method", "\"GET\"", "010002", "/request/method")]
    [InlineData("request/method", "\"post\"", "010002", "/request/method")]
    [InlineData("request/body", "null", "010002", "/request/body")]
    [InlineData("request/body", "{}", "010001", "/request/body")]
    [InlineData("request/body", null, "010002", "/request/body")]
    [InlineData("response", "{}", "010002", "/response/status_code")]
    [InlineData("response", "null", "010002", "/response")]
    [InlineData("response", null, "010002", "/response")]
    [InlineData("response/status_code", "200.0", "010001", "/response/status_code")]
    [InlineData("response/status_code", "2e2", "010001", "/response/status_code")]
    [InlineData("response/status_code", "\"200\"", "010001", "/response/status_code")]
    [InlineData("response/status_code", "99", "010003", "/response/status_code")]
    [InlineData("response/status_code", "600", "010003", "/response/status_code")]
    [InlineData("response/status_code", "99999999999", "010003", "/response/status_code")]
    [InlineData("response/body", "null", "010002", "/response/body")]
    [InlineData("rollbacks", "[]", "010001", "/rollbacks")]
    [InlineData("rollbacks", "{\"result\":\"none\"}", "010002", "/rollbacks/occurred_time")]
    [InlineData("rollbacks", "{\"result\":\"none\",\"occurred_time\":\"\"}", "010002", "/rollbacks/occurred_time")]
    [InlineData("target_clusters", "{}", "010001", "/target_clusters")]
    [InlineData("target_clusters", "[null]", "010002", "/target_clusters/0")]
    [InlineData("target_clusters", "[{\"cluster_id\":\"\"}]", "010002", "/target_clusters/0/cluster_id")]
    [InlineData("x", "1e309", "010003", "/x")]
    [InlineData("x", "\"\\u0000\"", "010001", "/x")]
    public async Task Each_fault_has_its_class_and_its_place(string path, string? json, string code, string pointer)
    {
        // Kept apart from the document's own writer: numbers and escapes must stay as they are written here.
        var document = With(Document("faulty", "completed"), path, json is null ? null : "\"@\"");
        var put = await tracker.PutAsync("faulty", json is null ? document : document.Replace("\"@\"", json));

        ShouldBeError(put, 400, code);
        put.Text.ShouldContain($"\"path\":\"{pointer}\"");
    }

    [Theory]
    [InlineData("{\"operation_id\":\"d\",\"operation_id\":\"d\"}", "/operation_id")]
    [InlineData("{\"x\":{\"a\":1,\"\\u0061\":1}}", "/x/a")]
    public async Task A_member_that_stands_twice_is_010001(string body, string pointer)
    {
        var put = await tracker.PutAsync("d", body);

        ShouldBeError(put, 400, "010001");
        put.Text.ShouldContain($"\"path\":\"{pointer}\"");
    }

    [Theory]
    [InlineData(new byte[] { 0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d })]
    [InlineData(new byte[] { 0x22, 0xed, 0xa0, 0x80, 0x22 })]
    [InlineData(new byte[] { 0xc0, 0xaf })]
    [InlineData(new byte[] { 0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00 })]
    public async Task What_is_no_utf8_is_010001(byte[] body) =>
        ShouldBeError(await tracker.PutAsync("utf8", body), 400, "010001");

    [Fact]
    public async Task Half_a_surrogate_pair_is_010001_and_a_whole_one_is_kept()
    {
        foreach (var half in new[] { "\\ud800", "\\udc00", "\\ud800x", "\\udc00\\ud800" })
            ShouldBeError(await tracker.PutAsync("half", Document("half", more: $"\"x\":\"{half}\"")), 400, "010001");

        (await tracker.PutAsync("half", Document("half", more: "\"x\":\"\\ud83d\\ude00é\""))).Status.ShouldBe(200);
        (await tracker.GetAsync("/v1/operations/half")).Text.ShouldContain("\"x\":\"😀é\"");
    }

    [Fact]
    public async Task Nesting_is_taken_to_the_bound_and_refused_beyond()
    {
        (await tracker.PutAsync("deep", Document("deep", more: $"\"x\":{Nested(31)}"))).Status.ShouldBe(200);
        ShouldBeError(await tracker.PutAsync("deep", Document("deep", more: $"\"x\":{Nested(32)}")), 400, "010001");
        ShouldBeError(
            await tracker.PutAsync("deep", Document("deep", more: $"\"x\":{Nested(200_000)}")), 400, "010001");

        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
    }

    [Fact]
    public async Task Bounds_of_members_are_told()
    {
        var document = Document("bounds");
        ShouldBeError(
            await tracker.PutAsync("bounds", With(document, "request/uri", $"\"{new string('u', 8193)}\"")),
            400, "010003");
        (await tracker.PutAsync(
            "bounds", With(document, "request/uri", $"\"{new string('u', 8192)}\""))).Status.ShouldBe(200);
        ShouldBeError(
            await tracker.PutAsync("bounds", Document("bounds", more: $"\"x\":{new string('1', 65)}")), 400, "010003");
        (await tracker.PutAsync(
            "bounds", Document("bounds", more: $"\"x\":{new string('1', 64)}"))).Status.ShouldBe(200);
        ShouldBeError(await tracker.PutAsync(
            "bounds", Document("bounds", more: $"\"x\":[{string.Join(',', Enumerable.Repeat("1", 10_000))}]")),
            400, "010003");
        var clusters = (string id) =>
            $$$"""[{"cluster_id":"{{{id}}}","request":{"uri":"","method":"PUT","body":""}}]""";
        ShouldBeError(await tracker.PutAsync(
            "bounds", Document("bounds", more: $"\"target_clusters\":{clusters(new string('c', 257))}")),
            400, "010003");
        (await tracker.PutAsync(
            "bounds", Document("bounds", more: $"\"target_clusters\":{clusters(new string('c', 256))}")))
            .Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_body_of_8_MiB_is_taken_and_one_byte_more_is_413()
    {
        const int Bound = 8 * 1024 * 1024;
        var text = Document("large", body: "@");
        var largest = text.Replace("@", new string('x', Bound - text.Length + 1)).Bytes();
        largest.Length.ShouldBe(Bound);

        ShouldBeError(await tracker.PutAsync("large", [.. largest, (byte)' ']), 413, "010003");
        (await tracker.PutAsync("large", largest)).Status.ShouldBe(200);
        (await tracker.PutAsync("large", [.. "\uFEFF"u8, .. largest])).Status.ShouldBe(200);
        JsonText.Difference((await tracker.GetAsync("/v1/operations/large")).Body, largest).ShouldBeNull();
    }

    [Fact]
    public async Task All_faults_come_at_once_and_the_weightiest_class_names_the_error()
    {
        var put = await tracker.PutAsync("many", """
            {"operation_id":1,"status":"done","occurred_time":"x","request":{"uri":null,"method":"POST"},
             "response":{"status_code":99,"body":""},"target_clusters":[{}]}
            """);

        ShouldBeError(put, 400, "010001");
        put.Text.ShouldMatchApproved("put-many-faults.json");
    }
}
