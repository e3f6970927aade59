using System.Text.Json;
using static OperationTracker.Tests.Api.PutOperationTests;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>The list over a set of operations that no test of this class changes.</summary>
public sealed class ListOperationsTests(ListOperationsTests.Filled filled) : IClassFixture<ListOperationsTests.Filled>
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly string[] Statuses = ["unexecuted", "executing", "completed", "failed", "canceled"];

    private static readonly (string Id, string Time, string Document)[] Operations = [.. Enumerable.Range(0, 40)
        .Select(n =>
        {
            // Two of each time, so that the id decides; put in another order than they are listed in.
            var id = $"op-{n * 17 % 40:00}";
            var time = $"20260101_0000{n / 2:00}";
            var cluster = $$$"""[{"cluster_id":"c{{{n % 3}}}","request":{"uri":"/c","method":"PUT","body":"gone"},"""
                + "\"response\":{\"status_code\":1,\"body\":\"gone\",\"x\":\"kept\"}}]";
            var more = $"\"target_clusters\":{cluster},\"body\":\"kept\",\"status_text\":\"x\"";
            if (n % 4 == 0)
            {
                more += ""","rollbacks":{"result":"none","occurred_time":"x","target_clusters":[{"cluster_id":"r","""
                    + "\"request\":{\"uri\":\"\",\"method\":\"PUT\",\"body\":\"gone\"},"
                    + "\"response\":{\"body\":\"gone\"}}]}";
            }

            var document = Document(id, Statuses[n % 5], more, time, body: "gone");
            document = With(document, "last_update_time", $"\"20260102_0000{(40 - n) / 2:00}\"");
            document = With(document, "request/method", n % 2 == 0 ? "\"PATCH\"" : "\"DELETE\"");
            return (id, time, With(document, "request/uri", $"\"/v1/{n % 2}%/_{n}\""));
        })];

    private TrackerServer Tracker => filled.Server;

    private static IEnumerable<string> Ordered(Func<JsonElement, bool>? filter = null) => Operations
        .Where(operation => filter is null || filter(JsonDocument.Parse(operation.Document).RootElement))
        .OrderBy(operation => operation.Time, StringComparer.Ordinal)
        .ThenBy(operation => operation.Id, StringComparer.Ordinal)
        .Select(operation => operation.Id);

    [Theory]
    [InlineData("/v1/operations")]
    [InlineData("/v1/operations/")]
    [InlineData("/v1/operations?format=list")]
    [InlineData("/v1/operations/?format=list&unknown=1&Format=nonsense&STATUS=x")]
    public async Task The_list_is_all_ids_oldest_first(string target)
    {
        var answer = await Tracker.GetAsync(target);

        answer.Text.ShouldBe(JsonSerializer.Serialize(new { operation_ids = Ordered() }));
        answer.Header("Content-Type").ShouldBe("application/json");
    }

    [Fact]
    public async Task The_detailed_list_has_all_but_the_tables_own_bodies()
    {
        var answer = await Tracker.GetAsync("/v1/operations?format=detail-list");

        answer.Text.ShouldNotContain("gone");
        using var list = JsonDocument.Parse(answer.Body);
        JsonText.Members(list.RootElement).ShouldBe(["operations"]);
        var listed = list.RootElement.GetProperty("operations").EnumerateArray().ToArray();
        listed.Select(item => item.GetProperty("operation_id").GetString()).ShouldBe(Ordered());
        foreach (var item in listed)
        {
            var whole = await Tracker.GetAsync($"/v1/operations/{item.GetProperty("operation_id")}");
            JsonText.Difference(item.GetRawText().Bytes(), WithoutBodies(whole.Text).Bytes()).ShouldBeNull();
        }

        static string WithoutBodies(string document) => document
            .Replace(",\"body\":\"gone\"", "").Replace("{\"body\":\"gone\"}", "{}")
            .Replace("\"response\":{\"status_code\":200,\"body\":\"\"}", "\"response\":{\"status_code\":200}");
    }

    [Fact]
    public async Task A_script_that_greps_for_status_finds_operations_only()
    {
        var answer = await Tracker.GetAsync("/v1/operations?format=detail-list&limit=1000");
        using var list = JsonDocument.Parse(answer.Body);
        var pretty = JsonSerializer.Serialize(list.RootElement, Indented);

        pretty.Split('\n').Count(line => line.Contains("\"status\":")).ShouldBe(Operations.Length);
        pretty.Split('\n').Count(line => line.Contains("\"status\": \"executing\"")).ShouldBe(8);
    }

    public static TheoryData<string, string> Filters => new()
    {
        { "status=executing", "executing" },
        { "status=executing&status=failed", "executing failed" },
        { "status=failed&status=failed&status=failed", "failed" },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public async Task Status_may_repeat(string query, string statuses) => await ShouldListAsync(
        query, operation => statuses.Split(' ').Contains(operation.GetProperty("status").GetString()));

    [Fact]
    public async Task Each_filter_narrows_the_list_and_together_they_all_hold()
    {
        await ShouldListAsync("cluster_id=c1", operation => HasCluster(operation, "c1"));
        await ShouldListAsync("cluster_id=r", operation => operation.TryGetProperty("rollbacks", out _));
        await ShouldListAsync("cluster_id=none", _ => false);
        await ShouldListAsync(
            "method=PATCH", operation => operation.GetProperty("request").GetProperty("method").GetString() == "PATCH");
        await ShouldListAsync(
            "uri=/v1/1%25/_", operation => Uri(operation).StartsWith("/v1/1%/_", StringComparison.Ordinal));
        await ShouldListAsync("uri=/v1/_", _ => false);
        await ShouldListAsync("uri=%25", _ => false);
        await ShouldListAsync("uri=", _ => true);
        await ShouldListAsync(
            "occurred_from=20260101_000005&occurred_to=20260101_000010",
            operation => IsWithin(operation.GetProperty("occurred_time"), "20260101_000005", "20260101_000010"));
        await ShouldListAsync(
            "updated_from=20260102_000005&updated_to=20260102_000010",
            operation => IsWithin(operation.GetProperty("last_update_time"), "20260102_000005", "20260102_000010"));
        await ShouldListAsync(
            "status=completed&cluster_id=c1&method=PATCH&uri=/v1/0&occurred_from=20260101_000000",
            operation => operation.GetProperty("status").GetString() == "completed" && HasCluster(operation, "c1")
                && Uri(operation).StartsWith("/v1/0", StringComparison.Ordinal));

        static bool HasCluster(JsonElement operation, string id) => operation.GetProperty("target_clusters")
            .EnumerateArray().Any(cluster => cluster.GetProperty("cluster_id").GetString() == id);
        static string Uri(JsonElement operation) => operation.GetProperty("request").GetProperty("uri").GetString()!;
        static bool IsWithin(JsonElement time, string from, string to) =>
            string.CompareOrdinal(time.GetString(), from) >= 0 && string.CompareOrdinal(time.GetString(), to) < 0;
    }

    [Theory]
    [InlineData("list", "", 1)]
    [InlineData("detail-list", "", 7)]
    [InlineData("list", "&status=completed", 3)]
    [InlineData("list", "&status=completed", 8)]
    [InlineData("list", "", 40)]
    [InlineData("list", "", 41)]
    [InlineData("detail-list", "&uri=/v1/1", 1000)]
    public async Task Pages_make_the_whole_list(string format, string filter, int limit)
    {
        var whole = await IdsAsync($"/v1/operations?format={format}{filter}");
        var paged = new List<string>();
        var pages = 0;
        for (string? token = ""; token is not null; pages++)
        {
            var answer = await Tracker.GetAsync(
                $"/v1/operations?format={format}{filter}&limit={limit}{(token == "" ? "" : $"&page_token={token}")}");
            var ids = IdsOf(answer);
            ids.Length.ShouldBeInRange(1, limit);
            paged.AddRange(ids);
            using var json = JsonDocument.Parse(answer.Body);
            token = json.RootElement.TryGetProperty("next_page_token", out var next) ? next.GetString() : null;
        }

        paged.ShouldBe(whole);
        pages.ShouldBe((whole.Length + limit - 1) / limit, "the last page carries no token");
    }

    [Fact]
    public async Task A_token_is_of_its_filters_and_may_change_its_format_and_limit()
    {
        var token = await TokenAsync("status=completed&status=failed&limit=2");

        ShouldBeError(await Tracker.GetAsync($"/v1/operations?page_token={token}"), 400, "010002");
        ShouldBeError(await Tracker.GetAsync($"/v1/operations?status=completed&page_token={token}"), 400, "010002");
        ShouldBeError(await Tracker.GetAsync(
            $"/v1/operations?status=completed&status=failed&uri=&page_token={token}"), 400, "010002");
        (await Tracker.GetAsync(
            $"/v1/operations?format=detail-list&status=failed&status=completed&page_token={token}&limit=5"))
            .Status.ShouldBe(200);
        (await IdsAsync($"/v1/operations?status=failed&status=completed&page_token={token}"))
            .ShouldBe(
                Ordered(operation => operation.GetProperty("status").GetString() is "completed" or "failed").Skip(2));
    }

    [Theory]
    [InlineData("format=List", "format", "010002")]
    [InlineData("format=", "format", "010002")]
    [InlineData("format=detail", "format", "010002")]
    [InlineData("format=list&format=list", "format", "010002")]
    [InlineData("status=done", "status", "010002")]
    [InlineData("status=", "status", "010002")]
    [InlineData("status=executing&status=Executing", "status", "010002")]
    [InlineData("method=GET", "method", "010002")]
    [InlineData("method=patch", "method", "010002")]
    [InlineData("cluster_id=a&cluster_id=b", "cluster_id", "010002")]
    [InlineData("cluster_id=", "cluster_id", "010002")]
    [InlineData(
        "cluster_id=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
        + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "cluster_id", "010003")]
    [InlineData("uri=%00", "uri", "010002")]
    [InlineData("occurred_from=20260230_000000", "occurred_from", "010002")]
    [InlineData("occurred_to=2026", "occurred_to", "010002")]
    [InlineData("updated_from=", "updated_from", "010002")]
    [InlineData("updated_to=20260101_000000x", "updated_to", "010002")]
    [InlineData("limit=0", "limit", "010003")]
    [InlineData("limit=-1", "limit", "010003")]
    [InlineData("limit=1001", "limit", "010003")]
    [InlineData("limit=99999999999999999999", "limit", "010002")]
    [InlineData("limit=ten", "limit", "010002")]
    [InlineData("limit=", "limit", "010002")]
    [InlineData("limit=1.0", "limit", "010002")]
    [InlineData("page_token=", "page_token", "010002")]
    [InlineData("page_token=nonsense", "page_token", "010002")]
    [InlineData("page_token=%F0%9F%98%80", "page_token", "010002")]
    [InlineData("page_token=W251bGxd", "page_token", "010002")]
    public async Task A_bad_parameter_is_named(string query, string name, string code)
    {
        var answer = await Tracker.GetAsync($"/v1/operations?{query}");

        ShouldBeError(answer, 400, code);
        answer.Text.ShouldContain($"parameter {name} ");
    }

    [Fact]
    public async Task All_bad_parameters_are_named_at_once()
    {
        var answer = await Tracker.GetAsync("/v1/operations?format=x&status=y&limit=0&occurred_from=z&page_token=w");

        answer.Text.ShouldMatchApproved("list-bad-parameters.json");
    }

    [Fact]
    public async Task Head_of_the_list_has_no_body()
    {
        var head = await Tracker.SendAsync(HttpMethod.Head, "/v1/operations", null);

        (head.Status, head.Text, head.Header("Content-Type")).ShouldBe((200, "", "application/json"));
        (await Tracker.SendAsync(HttpMethod.Head, "/v1/operations?format=x", null)).Status.ShouldBe(400);
    }

    [Fact]
    public async Task An_empty_list_is_a_list()
    {
        await using var empty = new TrackerServer();
        await empty.InitializeAsync();

        (await empty.GetAsync("/v1/operations")).Text.ShouldBe("{\"operation_ids\":[]}");
        (await empty.GetAsync("/v1/operations?format=detail-list&limit=1")).Text.ShouldBe("{\"operations\":[]}");
    }

    private async Task ShouldListAsync(string query, Func<JsonElement, bool> filter)
    {
        (await IdsAsync($"/v1/operations?{query}")).ShouldBe(Ordered(filter), query);
        (await IdsAsync($"/v1/operations?format=detail-list&{query}")).ShouldBe(Ordered(filter), query);
    }

    private async Task<string> TokenAsync(string query)
    {
        using var json = JsonDocument.Parse((await Tracker.GetAsync($"/v1/operations?{query}")).Body);
        return json.RootElement.GetProperty("next_page_token").GetString()!;
    }

    private async Task<string[]> IdsAsync(string target) => IdsOf(await Tracker.GetAsync(target));

    private static string[] IdsOf(Answer answer)
    {
        answer.Status.ShouldBe(200, answer.Text);
        using var json = JsonDocument.Parse(answer.Body);
        return json.RootElement.TryGetProperty("operation_ids", out var ids)
            ? [.. ids.EnumerateArray().Select(id => id.GetString()!)]
            : [.. json.RootElement.GetProperty("operations").EnumerateArray()
                .Select(operation => operation.GetProperty("operation_id").GetString()!)];
    }

    /// <summary>A tracker that holds the operations of this class.</summary>
    public sealed class Filled : IAsyncLifetime
    {
        public TrackerServer Server { get; } = new();

        public async Task InitializeAsync()
        {
            await Server.InitializeAsync();
            foreach (var (id, _, document) in Operations)
                (await Server.PutAsync(id, document)).Status.ShouldBe(200);
        }

        public Task DisposeAsync() => Server.DisposeAsync();
    }
}
