using System.Text.Json;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.Api.PutOperationTests;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>Findings over HTTP: each is planted, and found, and nothing else is.</summary>
public sealed class ReportsTests(ReportsTests.Planted planted) : IClassFixture<ReportsTests.Planted>
{
    [Theory]
    [InlineData("refused", "late 3 completed → executing status_going_back")]
    [InlineData("corrected", "corrected 4 failed 2 200 → completed 4 200")]
    [InlineData("clashes", "clash 2 /request/uri; clash 3 /occurred_time")]
    [InlineData("foreign", "good 3 note_added")]
    public async Task Findings_in_the_log_are_told(string report, string expected)
    {
        (await FindingsAsync(report)).ShouldBe(expected);
        (await FindingsAsync(report, "limit=1")).ShouldBe(expected);
        (await FindingsAsync(report, "from=2001-01-01T00:00:00Z&to=2999-01-01T00:00:00Z")).ShouldBe(expected);
        (await FindingsAsync(report, "from=2999-01-01T00:00:00Z")).ShouldBe("");
        (await FindingsAsync(report, "to=2001-01-01T00:00:00Z")).ShouldBe("");
    }

    [Fact]
    public async Task Clusters_left_inconsistent_are_told()
    {
        (await TokenPagesAsync("inconsistent", "limit=1")).ShouldBe(
            ["inconsistent failed /target_clusters/0 1 rollback failed, /response/body  not consistent"]);
    }

    [Fact]
    public async Task Stuck_is_what_executes_longer_than_its_kind_or_than_is_asked()
    {
        // All that ended did so within the test; the one that was planted began years ago.
        (await TokenPagesAsync("stuck", "limit=1")).ShouldContain("stuck p95 of its kind");
        (await TokenPagesAsync("stuck", "longer_than=86400")).ShouldBe(["stuck longer_than"]);
        (await TokenPagesAsync("stuck", "longer_than=1000000000")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Durations_count_the_stays_that_ended()
    {
        using var page = JsonDocument.Parse((await planted.Server.GetAsync("/v1/reports/durations")).Body);
        page.RootElement.GetProperty("at_end").GetBoolean().ShouldBeTrue();
        page.RootElement.GetProperty("durations").EnumerateArray().Select(one =>
                $"{one.GetProperty("state").GetString()} {one.GetProperty("count")}"
                + $" {one.GetProperty("buckets").EnumerateArray().Sum(bucket => bucket[1].GetInt64())}")
            .ShouldBe(["executing 23 23", "failed 1 1"]);
        (await planted.Server.GetAsync("/v1/reports/durations?from=2999-01-01T00:00:00Z")).Text.ShouldContain(
            "\"durations\":[]");
    }

    [Theory]
    [InlineData("refused?limit=0", "limit", "010003")]
    [InlineData("corrected?after=x", "after", "010002")]
    [InlineData("clashes?from=x", "from", "010002")]
    [InlineData("foreign?to=20261120_090000", "to", "010002")]
    [InlineData("durations?after=-1", "after", "010003")]
    [InlineData("durations?to=", "to", "010002")]
    [InlineData("stuck?longer_than=0", "longer_than", "010003")]
    [InlineData("stuck?longer_than=1.5", "longer_than", "010002")]
    [InlineData("stuck?page_token=x", "page_token", "010002")]
    [InlineData("inconsistent?limit=1001", "limit", "010003")]
    [InlineData("inconsistent?page_token=", "page_token", "010002")]
    public async Task A_bad_parameter_is_named(string target, string name, string code)
    {
        var answer = await planted.Server.GetAsync($"/v1/reports/{target}");

        ShouldBeError(answer, 400, code);
        answer.Text.ShouldContain($"The parameter {name} ");
    }

    [Fact]
    public async Task Only_json_is_given_and_only_known_reports()
    {
        foreach (var report in new[] { "refused", "stuck", "inconsistent", "durations" })
            ShouldBeError(
                await planted.Server.GetAsync($"/v1/reports/{report}", ("Accept", "text/html")), 406, "010001");
        ShouldBeError(await planted.Server.GetAsync("/v1/reports/nothing"), 404, "030001");
    }

    private async Task<string> FindingsAsync(string report, string query = "")
    {
        var found = new List<string>();
        for (var after = 0L; ;)
        {
            using var page = JsonDocument.Parse(
                (await planted.Server.GetAsync($"/v1/reports/{report}?after={after}&{query}")).Body);
            found.AddRange(page.RootElement.GetProperty("findings").EnumerateArray().Select(Told));
            after = page.RootElement.GetProperty("next_after").GetInt64();
            if (page.RootElement.GetProperty("at_end").GetBoolean())
                return string.Join("; ", found);
        }
    }

    private static string Told(JsonElement finding)
    {
        var what = finding.TryGetProperty("first", out var first)
            ? $"{Result(first)} → {Result(finding.GetProperty("corrected"))}"
            : finding.TryGetProperty("changed", out var changed)
                ? string.Join(' ', changed.EnumerateArray().Select(place => place.GetProperty("path").GetString()))
                : finding.TryGetProperty("reason", out var reason)
                    ? $"{finding.GetProperty("from")} → {finding.GetProperty("to")} {reason}"
                    : finding.GetProperty("kind").GetString();
        return $"{finding.GetProperty("operation_id")} {finding.GetProperty("version")} {what}";

        static string Result(JsonElement result) =>
            $"{result.GetProperty("state")} {result.GetProperty("version")} {result.GetProperty("status_code")}";
    }

    private async Task<List<string>> TokenPagesAsync(string report, string query)
    {
        var found = new List<string>();
        for (var token = ""; ;)
        {
            using var page = JsonDocument.Parse(
                (await planted.Server.GetAsync($"/v1/reports/{report}?{query}{token}")).Body);
            found.AddRange(page.RootElement.GetProperty("findings").EnumerateArray().Select(finding =>
                finding.TryGetProperty("bound", out var bound)
                    ? $"{finding.GetProperty("operation_id")} {bound}"
                    : $"{finding.GetProperty("operation_id")} {finding.GetProperty("state")} "
                        + string.Join(", ", finding.GetProperty("places").EnumerateArray().Select(place =>
                            $"{place.GetProperty("path")} {(place.TryGetProperty("cluster_id", out var id) ? id : "")}"
                            + $" {place.GetProperty("reason")}"))));
            if (!page.RootElement.TryGetProperty("next_page_token", out var next))
                return found;
            token = $"&page_token={next}";
        }
    }

    /// <summary>A tracker with one finding of each kind among operations that are well.</summary>
    public sealed class Planted : IAsyncLifetime
    {
        public TrackerServer Server { get; } = new();

        public async Task InitializeAsync()
        {
            await Server.InitializeAsync();
            await PutAsync("good", Document("good"), Document("good", "completed"));
            await new ForeignWriter(Server.ConnectionString).AppendAsync("good", 1);
            await PutAsync("late", Document("late"), Document("late", "completed"));
            (await Server.PutAsync("late", Document("late"))).Status.ShouldBe(409);
            await PutAsync(
                "corrected", Document("corrected"), Document("corrected", "failed"),
                Document("corrected", "failed", "\"x\":1"), Document("corrected", "completed", "\"x\":1"));
            await PutAsync(
                "clash", Document("clash"), Document("clash").Replace("/v1/clusters/1", "/v1/clusters/2"),
                Document("clash", time: "20261120_100000").Replace("/v1/clusters/1", "/v1/clusters/2")
                    .Replace("\"last_update_time\":\"20261120_100000\"", "\"last_update_time\":\"20261120_090000\""),
                Document("clash", time: "20261120_100000", more: "\"x\":1").Replace("/v1/clusters/1", "/v1/clusters/2")
                    .Replace("\"last_update_time\":\"20261120_100000\"", "\"last_update_time\":\"20261120_090000\""));
            const string Clusters = """
                "target_clusters":[{"cluster_id":"1","request":{"uri":"/","method":"PUT","body":""},
                 "response":{"status_code":200,"body":""}}],
                "rollbacks":{"result":"failed","occurred_time":"x","target_clusters":[
                 {"cluster_id":"1","request":{"uri":"/","method":"DELETE"},"response":{"status_code":500,"body":""}}]}
                """;
            await PutAsync("inconsistent", With(
                Document("inconsistent", "failed", Clusters), "response/body",
                Quoted("{\"data_consistency\":\"not consistent\"}")));
            await PutAsync("consistent", With(
                Document("consistent", "failed", Clusters.Replace("500", "200")), "response/body",
                Quoted("{\"data_consistency\":\"rolled back\"}")));
            for (var i = 0; i < 20; i++)
                await PutAsync($"done-{i}", Document($"done-{i}"), Document($"done-{i}", "completed"));
            await PutAsync("stuck", Document("stuck"));
            await Server.ExecuteAsync(
                "update tracker.mt_events set timestamp = '2020-01-01' where stream_id = 'stuck'");
        }

        public Task DisposeAsync() => Server.DisposeAsync();

        private async Task PutAsync(string id, params string[] documents)
        {
            foreach (var document in documents)
                (await Server.PutAsync(id, document)).Status.ShouldBe(200);
        }
    }
}
