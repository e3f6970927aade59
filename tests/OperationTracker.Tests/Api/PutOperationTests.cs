using System.Text;
using System.Text.Json;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>The contract's rules for PUT, over HTTP: what comes back, and what stands in the history.</summary>
public sealed class PutOperationTests(TrackerServer tracker) : IClassFixture<TrackerServer>
{
    private static readonly string[][] Tables =
    [
        ["operation_id", "occurred_time", "last_update_time", "status", "sub_status", "request", "response",
            "target_clusters", "rollbacks"],
        ["uri", "method", "body"], ["status_code", "body"], ["cluster_id", "request", "response"],
        ["result", "occurred_time", "target_clusters"],
    ];

    public static TheoryData<string> Files => [.. Sample.Files.Where(file => !file.Contains("nul_character"))];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task What_a_real_sender_sends_comes_back_as_it_was_sent(string file)
    {
        // Some files tell of one operation at several times; here each is an operation of its own.
        var id = file.Replace('/', '-');
        var sent = Encoding.UTF8.GetString(Read(file)).Replace(IdOf(Read(file)), id).Bytes();

        var put = await tracker.PutAsync(id, sent);
        var got = await tracker.GetAsync($"/v1/operations/{id}");

        (put.Status, put.Text, put.Header("ETag")).ShouldBe((200, "", got.Header("ETag")));
        JsonText.Difference(sent, got.Body).ShouldBeNull();
        using var document = JsonDocument.Parse(got.Body);
        ShouldBeInOrder(document.RootElement);
    }

    [Fact]
    public async Task U_0000_is_refused_with_its_place()
    {
        var sent = Read("quirks/q5_nul_character_in_body.json");

        var put = await tracker.PutAsync(IdOf(sent), sent);

        ShouldBeError(put, 400, "010001");
        put.Text.ShouldContain("\"path\":\"/response/body\"");
    }

    [Fact]
    public async Task Unknown_members_come_last_token_for_token_at_every_level()
    {
        const string Sent = """
            {"z":[1.0,1e2,-0,1E+2,0.10,1234567890123456789012345678901234567890,{"b":null,"a":""}],
             "rollbacks":{"x":1e-7,"result":"none","occurred_time":"soon","target_clusters":[{"q":{},"cluster_id":"1",
              "request":{"w":[],"uri":"","method":"PUT"},"response":{"v":[],"body":null}}]},
             "request":{"y":1.50,"body":"b","uri":"/u","method":"PUT"},
             "operation_id":"unknown","occurred_time":"20260101_000000","status":"executing",
             "a":true,"last_update_time":"20260101_000000","reservation_time":"20260101_000000","body":"kept"}
            """;

        (await tracker.PutAsync("unknown", Sent)).Status.ShouldBe(200);

        (await tracker.GetAsync("/v1/operations/unknown")).Text.ShouldBe("""
            {"operation_id":"unknown","occurred_time":"20260101_000000","last_update_time":"20260101_000000",
            "status":"executing","request":{"uri":"/u","method":"PUT","body":"b","y":1.50},
            "rollbacks":{"result":"none","occurred_time":"soon","target_clusters":[{"cluster_id":"1",
            "request":{"uri":"","method":"PUT","w":[]},"response":{"body":null,"v":[]},"q":{}}],"x":1e-7},
            "z":[1.0,1e2,-0,1E+2,0.10,1234567890123456789012345678901234567890,{"b":null,"a":""}],
            "a":true,"reservation_time":"20260101_000000","body":"kept"}
            """.ReplaceLineEndings(""));
    }

    [Theory]
    [InlineData("unexecuted")]
    [InlineData("executing")]
    [InlineData("completed")]
    [InlineData("failed")]
    [InlineData("canceled")]
    public async Task The_first_document_may_have_any_status(string status)
    {
        (await tracker.PutAsync($"first-{status}", Document($"first-{status}", status))).Status.ShouldBe(200);
        (await tracker.HistoryAsync($"first-{status}")).ShouldBe(["operation_registered"]);
    }

    [Fact]
    public async Task A_repeat_appends_nothing_whatever_its_spelling()
    {
        const string Id = "repeat";
        var first = await tracker.PutAsync(Id, Document(Id, more: "\"x\":1.0,\"y\":{\"a\":1,\"b\":2}"));
        var repeat = await tracker.PutAsync(
            Id, "\uFEFF "
                + Document("\u0072epeat", more: "\"y\":{\"b\":2,\"a\":1},\"x\":1.0").Replace("repeat", "rep\\u0065at"));
        var otherNumber = await tracker.PutAsync(Id, Document(Id, more: "\"x\":1.00,\"y\":{\"a\":1,\"b\":2}"));

        (repeat.Status, repeat.Header("ETag")).ShouldBe((200, first.Header("ETag")));
        (otherNumber.Status, otherNumber.Header("ETag")).ShouldNotBe((200, first.Header("ETag")));
        (await tracker.HistoryAsync(Id)).ShouldBe(["operation_registered", "document_amended"]);
    }

    [Fact]
    public async Task Six_repeats_at_once_append_once()
    {
        var answers = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => tracker.PutAsync("six", Document("six", "completed"))));

        answers.Select(answer => answer.Status).ShouldAllBe(status => status == 200);
        answers.Select(answer => answer.Header("ETag")).Distinct().Count().ShouldBe(1);
        (await tracker.HistoryAsync("six")).ShouldBe(["operation_registered"]);
    }

    [Fact]
    public async Task Absent_null_empty_and_no_element_are_four_things()
    {
        string[] forms =
        [
            "", "\"sub_status\":null", "\"sub_status\":\"\"", "\"response\":null", "\"target_clusters\":null",
            "\"target_clusters\":[]", "\"rollbacks\":null",
        ];
        var etags = new HashSet<string>();
        foreach (var form in forms)
        {
            var put = await tracker.PutAsync("four", Document("four", more: form.Length == 0 ? null : form));
            put.Status.ShouldBe(200, put.Text);
            etags.Add(put.Header("ETag")!).ShouldBeTrue(form);
            (await tracker.GetAsync("/v1/operations/four")).Text.ShouldContain(form);
        }
    }

    [Theory]
    [InlineData("executing", "unexecuted")]
    [InlineData("completed", "executing")]
    [InlineData("failed", "unexecuted")]
    [InlineData("canceled", "executing")]
    public async Task Status_going_back_is_refused_and_recorded_once(string from, string to)
    {
        var id = $"back-{from}";
        var first = await tracker.PutAsync(id, Document(id, from));
        var document = (await tracker.GetAsync($"/v1/operations/{id}")).Text;

        var refused = await tracker.PutAsync(id, Document(id, to));
        var again = await tracker.PutAsync(id, Document(id, to));

        ShouldBeError(refused, 409, "030007");
        ShouldBeError(again, 409, "030007");
        (refused.Header("ETag"), again.Header("ETag")).ShouldBe((first.Header("ETag"), first.Header("ETag")));
        (await tracker.HistoryAsync(id)).ShouldBe(["operation_registered", "update_refused"]);
        var got = await tracker.GetAsync($"/v1/operations/{id}", ("If-None-Match", first.Header("ETag")!));
        got.Status.ShouldBe(304);
        (await tracker.GetAsync($"/v1/operations/{id}")).Text.ShouldBe(document);
        (await tracker.PutAsync(id, Document(id, from))).Status.ShouldBe(200, "the document that stands");
    }

    [Fact]
    public async Task A_refusal_is_recorded_anew_after_an_accepted_change_and_at_most_a_hundred_times()
    {
        await tracker.PutAsync("late", Document("late", "completed"));
        for (var i = 0; i < 103; i++)
            (await tracker.PutAsync("late", Document("late", more: $"\"n\":{i}"))).Status.ShouldBe(409);
        (await tracker.HistoryAsync("late")).Count(type => type == "update_refused").ShouldBe(100);

        (await tracker.PutAsync("late", Document("late", "failed"))).Status.ShouldBe(200);
        (await tracker.PutAsync("late", Document("late", more: "\"n\":0"))).Status.ShouldBe(409);

        (await tracker.HistoryAsync("late")).TakeLast(2).ShouldBe(["result_corrected", "update_refused"]);
    }

    [Fact]
    public async Task A_final_state_may_be_corrected_and_a_clash_is_an_amendment()
    {
        await tracker.PutAsync("final", Document("final", "failed"));
        (await tracker.PutAsync("final", Document("final", "completed"))).Status.ShouldBe(200);
        (await tracker.PutAsync(
            "final", With(Document("final", "completed"), "request/uri", "\"/other\""))).Status.ShouldBe(200);

        (await tracker.HistoryAsync("final")).ShouldBe(
            ["operation_registered", "result_corrected", "document_amended"]);
    }

    [Fact]
    public async Task Strings_that_hold_json_are_text()
    {
        const string Body = "{ \\\"a\\\" : 1.0,\\n\\t\\\"ü\\\": \\\"\\\\u0041\\\\/\\\" }";
        var sent = Document("text", "completed").Replace("\"body\":\"\"", $"\"body\":\"{Body}\"");

        (await tracker.PutAsync("text", sent)).Status.ShouldBe(200);

        JsonText.Difference(sent.Bytes(), (await tracker.GetAsync("/v1/operations/text")).Body).ShouldBeNull();
    }

    [Fact]
    public async Task Concurrent_writers_without_a_condition_are_all_accepted()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 200)
            .Select(n => tracker.PutAsync("hot", Document("hot", more: $"\"n\":{n}"))));

        answers.Select(answer => answer.Status).ShouldAllBe(status => status == 200);
        answers.Select(answer => answer.Header("ETag")).Distinct().Count().ShouldBe(200);
    }

    internal static void ShouldBeError(Answer answer, int status, string code, string? etag = null)
    {
        answer.Status.ShouldBe(status, answer.Text);
        using var body = JsonDocument.Parse(answer.Body);
        body.RootElement.GetProperty("error_code").GetString().ShouldBe(code, answer.Text);
        body.RootElement.GetProperty("data_consistency").GetString().ShouldBe("rolled back");
        if (etag is not null) answer.Header("ETag").ShouldBe(etag);
    }

    /// <summary>Known members in the order of their table, unknown ones after them.</summary>
    private static void ShouldBeInOrder(JsonElement value, int table = 0)
    {
        if (value.ValueKind == JsonValueKind.Array)
            foreach (var element in value.EnumerateArray()) ShouldBeInOrder(element, table);
        if (value.ValueKind != JsonValueKind.Object) return;
        var members = JsonText.Members(value);
        var known = members.Where(Tables[table].Contains).ToArray();
        known.ShouldBe(Tables[table].Where(members.Contains));
        members[..known.Length].ShouldBe(known);
        foreach (var member in value.EnumerateObject())
        {
            var next = member.Name switch
            {
                "request" => 1, "response" => 2, "target_clusters" => 3, "rollbacks" => 4, _ => -1,
            };
            if (next > 0) ShouldBeInOrder(member.Value, next);
        }
    }
}
