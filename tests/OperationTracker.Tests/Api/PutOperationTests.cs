using System.Text;
using System.Text.Json;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>The contract's rules for PUT, over HTTP.</summary>
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

    [Theory]
    [InlineData(null, 200)]
    [InlineData("application/json", 200)]
    [InlineData("Application/JSON", 200)]
    [InlineData("application/json; charset=utf-8", 200)]
    [InlineData("application/json;charset=\"UTF-8\"", 200)]
    [InlineData("application/json; charset=utf8", 415)]
    [InlineData("application/json; charset=iso-8859-1", 415)]
    [InlineData("application/json; charset=utf-16", 415)]
    [InlineData("application/merge-patch+json", 415)]
    [InlineData("application/*", 415)]
    [InlineData("text/json", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("json", 415)]
    [InlineData("", 415)]
    public async Task Only_json_in_utf8_is_taken(string? type, int status)
    {
        var headers = type is null ? [] : new[] { ("Content-Type", type) };
        var put = await tracker.PutAsync("media", Document("media"), headers);

        put.Status.ShouldBe(status);
        if (status != 200) ShouldBeError(put, status, "010001");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("identity")]
    [InlineData("")]
    public async Task No_content_encoding_is_taken(string encoding) => ShouldBeError(
        await tracker.PutAsync("media", Document("media"), ("Content-Encoding", encoding)), 415, "010001");

    [Theory]
    [InlineData("application/json", true)]
    [InlineData("*/*", true)]
    [InlineData("application/*;q=0.1", true)]
    [InlineData("text/html, application/json;q=0.5", true)]
    [InlineData("", true)]
    [InlineData("application/json;charset=utf-8", true)]
    [InlineData("text/html", false)]
    [InlineData("application/json;q=0", false)]
    [InlineData("*/*, application/json;q=0", false)]
    [InlineData("application/*;q=0, */*", false)]
    public async Task An_accept_that_excludes_json_is_406(string accept, bool taken)
    {
        await tracker.PutAsync("accept", Document("accept"));
        foreach (var answer in new[]
        {
            await tracker.PutAsync("accept", Document("accept"), ("Accept", accept)),
            await tracker.GetAsync("/v1/operations/accept", ("Accept", accept)),
            await tracker.GetAsync("/v1/operations", ("Accept", accept)),
        })
        {
            if (taken) answer.Status.ShouldBe(200);
            else ShouldBeError(answer, 406, "010001");
        }
    }

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
