using System.Text;
using System.Text.Json;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Api;

/// <summary>
/// Each spelling of a path on the wire names exactly one operation, or is refused; no two ids are alike.
/// </summary>
public sealed class RawTargetTests(RawTargetTests.Filled filled) : IClassFixture<RawTargetTests.Filled>
{
    private const string Long =
        "x23456789_123456789_123456789_123456789_123456789_123456789_123456789_123456789_123456789_"
        + "123456789_123456789_123456789_12345678";

    private static readonly string[] Ids =
        ["a", "b", "A", "x", "a.b", "..a", "-", "~", "_", "operations", "list", "events", "diff", Long];

    public static TheoryData<string, string?> Targets => new()
    {
        { "/v1/operations/a", "a" },
        { "/v1/operations/A", "A" },
        { "/v1/operations/events", "events" },
        { "/v1/operations/diff", "diff" },
        { "/v1/operations/%65vents", "events" },
        { "/v1/operations/events?", "events" },
        { "/v1/operations/events/", null },
        { "/v1/operations/a/events/", null },
        { "/v1/operations/a/events/b", null },
        { "/v1/operations/a/b/events", null },
        { "/v1/operations/a/Events", null },
        { "/v1/operations/a/%65vents", null },
        { "/v1/operations/a/events%2F", null },
        { "/v1/operations/a%2Fevents", null },
        { "/v1/operations/a/event", null },
        { "/v1/operations/a/eventss", null },
        { "/v1/operations/a//events", null },
        { "/v1/operations//events", null },
        { "/v1/operations/x/../events", null },
        { "/v1/operations/a;x/events", null },
        { "/v1/operations/../events", null },
        { "/v1/operations/%61", "a" },
        { "/v1/operations/%41", "A" },
        { "/v1/operations/%7e", "~" },
        { "/v1/operations/%7E", "~" },
        { "/v1/operations/%2D", "-" },
        { "/v1/operations/a%2Eb", "a.b" },
        { "/v1/operations/%2e%2ea", "..a" },
        { "/v1/operations/a?x=1", "a" },
        { "/v1/operations/a?x=/../b", "a" },
        { "/v1/operations/a??", "a" },
        { "/v1/operations/operations", "operations" },
        { "/v1/operations/list", "list" },
        { $"/v1/operations/{Long}", Long },
        { "/v1/operations/" + string.Concat(Long.Select(c => $"%{(int)c:X2}")), Long },
        { "http://{host}/v1/operations/a", "a" },
        { "http://{host}/v1/operations/a?b", "a" },
        { "http://evil.example@{host}/v1/operations/a", "a" },

        { $"/v1/operations/{Long}x", null },
        { "/v1/operations/a%2Fb", null },
        { "/v1/operations/a%252Fb", null },
        { "/v1/operations/a%2fb", null },
        { "/v1/operations/%2F", null },
        { "/v1/operations/%252F", null },
        { "/v1/operations/%2561", null },
        { "/v1/operations/%2541", null },
        { "/v1/operations/.", null },
        { "/v1/operations/..", null },
        { "/v1/operations/%2e", null },
        { "/v1/operations/%2e%2e", null },
        { "/v1/operations/.%2e", null },
        { "/v1/operations/%252e%252e", null },
        { "/v1/operations/x/../b", null },
        { "/v1/operations/x/%2e%2e/b", null },
        { "/v1/operations/./b", null },
        { "/v1/operations/b/", null },
        { "/v1/operations/b//", null },
        { "/v1/operations/b/.", null },
        { "/v1/operations/b/x/..", null },
        { "/v1/operations//b", null },
        { "/v1/operations//", null },
        { "/v1//operations/b", null },
        { "//v1/operations/b", null },
        { "/v1/../v1/operations/a", null },
        { "/v1/./operations/a", null },
        { "/x/../v1/operations/a", null },
        { "/%761/operations/a", null },
        { "/v1/%6fperations/a", null },
        { "/v1%2Foperations/a", null },
        { "/v1/operations%2Fa", null },
        { "/V1/operations/a", null },
        { "/v1/Operations/a", null },
        { "/v1/OPERATIONS/a", null },
        { "/v1/operationsa", null },
        { "/v1/operation/a", null },
        { "/v1/operations;x/a", null },
        { "/v1/operations/a;x", null },
        { "/v1/operations/;a", null },
        { "/v1/operations/a#b", null },
        { "/v1/operations/a%23b", null },
        { "/v1/operations/a%3Fb", null },
        { "/v1/operations/a\\b", null },
        { "/v1/operations/x\\..\\b", null },
        { "/v1/operations/a%5Cb", null },
        { "/v1/operations/%00", null },
        { "/v1/operations/a%00", null },
        { "/v1/operations/a%00b", null },
        { "/v1/operations/%ff", null },
        { "/v1/operations/a%ff", null },
        { "/v1/operations/%C0%AF", null },
        { "/v1/operations/%C1%A1", null },
        { "/v1/operations/%E0%81%A1", null },
        { "/v1/operations/%ED%A0%80", null },
        { "/v1/operations/%0d%0aX:y", null },
        { "/v1/operations/a%0d%0aSet-Cookie:%20x", null },
        { "/v1/operations/a%0a", null },
        { "/v1/operations/%09a", null },
        { "/v1/operations/%20", null },
        { "/v1/operations/%20a", null },
        { "/v1/operations/a%20", null },
        { "/v1/operations/a+", null },
        { "/v1/operations/a%2B", null },
        { "/v1/operations/%C2%A0", null },
        { "/v1/operations/a%E2%80%8B", null },
        { "/v1/operations/a%E2%80%AE", null },
        { "/v1/operations/%EF%BB%BFa", null },
        { "/v1/operations/%EF%BD%81", null },
        { "/v1/operations/%C4%B0", null },
        { "/v1/operations/a%CC%81", null },
        { "/v1/operations/%F0%9F%98%80", null },
        { "/v1/operations/%u0061", null },
        { "/v1/operations/%", null },
        { "/v1/operations/a%", null },
        { "/v1/operations/a%4", null },
        { "/v1/operations/a%zz", null },
        { "/v1/operations/%25", null },
        { "/v1/operations/*", null },
        { "/v1/operations/a:b", null },
        { "/v1/operations/a@b", null },
        { "/v1/operations/a,b", null },
        { "/v1/operations/a'or'1'='1", null },
        { "/v1/operations/${jndi:ldap://x}", null },
        { "/v1/operations/\u00e4", null },
        { "/v1/operations/\u00ff", null },
        { "/v1/operations/a\u0001", null },
        { "/v1/operations/a\tb", null },
        { $"/v1/operations/{new string('x', 5_000)}", null },
        { $"/v1/operations/{new string('x', 9_000)}", null },
        { "http://{host}/v1/operations/x/../b", null },
        { "http://{host}/v1/operations/a%2Fb", null },
        { "http://{host}/V1/operations/a", null },
        { "http://{host}", null },
        { "http://{host}?/v1/operations/a", null },
        { "http://evil.example/v1/operations/a", null },
        { "HTTP://{host}/v1/operations/a", null },
        { "v1/operations/a", null },
        { "*", null },
        { "/v1/operations/a HTTP/1.1 x", null },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task A_spelling_names_one_id_or_is_refused(string spelling, string? id)
    {
        var tracker = filled.Server;
        var target = spelling.Replace("{host}", tracker.Url.Authority);

        var get = await RawHttp.SendAsync(tracker.Url, "GET", target);

        // The absolute form of an evil host is the web server's to refuse, whatever path it names.
        OpenApiContract.Faults(get).ShouldBeEmpty();
        if (id is not null)
        {
            get.Status.ShouldBe(200, get.Text);
            using var document = JsonDocument.Parse(get.Body);
            document.RootElement.GetProperty("operation_id").GetString().ShouldBe(id);
            return;
        }

        get.Status.ShouldBeOneOf([400, 404, 405, 414]);
        foreach (var wanted in Ids)
        {
            var body = Document(wanted, "completed");
            var put = await RawHttp.SendAsync(
                tracker.Url, "PUT", target, $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n", body);
            put.Status.ShouldBeOneOf([400, 404, 405, 414]);
            OpenApiContract.Faults(put).ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("/v1/operations", true)]
    [InlineData("/v1/operations/", true)]
    [InlineData("/v1/operations?", true)]
    [InlineData("/v1/operations/?limit=1000", true)]
    [InlineData("/v1/operations//", false)]
    [InlineData("/v1/operations/?/a", true)]
    [InlineData("/v1/operations%2F", false)]
    [InlineData("/v1/operation%73", false)]
    [InlineData("/v1/Operations", false)]
    [InlineData("/v1/operations/.", false)]
    [InlineData("/v1/operations/x/..", false)]
    [InlineData("/v1/x/../operations", false)]
    [InlineData("/v1/operations;", false)]
    [InlineData("/v1/operations#", false)]
    public async Task The_collection_has_two_spellings(string target, bool isCollection)
    {
        var get = await RawHttp.SendAsync(filled.Server.Url, "GET", target);

        if (isCollection) get.Text.ShouldStartWith("{\"operation_ids\":[");
        else get.Status.ShouldBeOneOf([400, 404]);
        OpenApiContract.Faults(get).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/v1/operations/a/events", "a")]
    [InlineData("/v1/operations/events/events", "events")]
    [InlineData("/v1/operations/diff/events", "diff")]
    [InlineData("/v1/operations/%61/events?after=0", "a")]
    [InlineData("/v1/operations/..a/events", "..a")]
    [InlineData("http://{host}/v1/operations/a%2Eb/events", "a.b")]
    public async Task A_history_is_that_of_the_id_before_it(string spelling, string id)
    {
        var get = await RawHttp.SendAsync(
            filled.Server.Url, "GET", spelling.Replace("{host}", filled.Server.Url.Authority));

        OpenApiContract.Faults(get).ShouldBeEmpty();
        get.Status.ShouldBe(200, get.Text);
        using var page = JsonDocument.Parse(get.Body);
        page.RootElement.GetProperty("events").EnumerateArray()
            .Select(item => item.GetProperty("operation_id").GetString()).ShouldBe([id]);
    }

    [Fact]
    public async Task Nothing_of_all_this_was_stored_or_logged()
    {
        var list = await RawHttp.SendAsync(filled.Server.Url, "GET", "/v1/operations");

        using var ids = JsonDocument.Parse(list.Body);
        ids.RootElement.GetProperty("operation_ids").EnumerateArray().Select(id => id.GetString())
            .ShouldBe(Ids.Order(StringComparer.Ordinal));
        (await filled.Server.ExecuteAsync("select count(*) from tracker.mt_events")).ShouldBe((long)Ids.Length);
        filled.Server.Log.Lines.ShouldNotContain(line => line.Contains('\r') || line.Contains("jndi"));
    }

    /// <summary>A tracker that holds an operation for each id that a wrong reading of a path could come to.</summary>
    public sealed class Filled : IAsyncLifetime
    {
        public TrackerServer Server { get; } = new();

        public async Task InitializeAsync()
        {
            await Server.InitializeAsync();
            foreach (var id in Ids)
            {
                var body = Document(id);
                (await RawHttp.SendAsync(
                    Server.Url, "PUT", $"/v1/operations/{id}", $"Content-Length: {body.Length}\r\n",
                    body)).Status.ShouldBe(200);
            }
        }

        public Task DisposeAsync() => Server.DisposeAsync();
    }
}
