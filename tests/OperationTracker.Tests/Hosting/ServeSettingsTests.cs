using System.Runtime.Versioning;
using System.Text.Json;
using OperationTracker.Tests.Api;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Hosting;

/// <summary>The settings of <c>optrack serve</c>: where they come from, and what is refused.</summary>
[SupportedOSPlatform("linux")]
public sealed class ServeSettingsTests : IAsyncLifetime
{
    private readonly string _directory = TestDirectory.Create("serve");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => ServeTests.EndAsync(_directory);

    [Theory]
    [InlineData("http://0.0.0.0:0", "--allow-unauthenticated")]
    [InlineData("http://*:0", "--allow-unauthenticated")]
    [InlineData("http://[::]:0", "--allow-unauthenticated")]
    [InlineData("http://127.0.0.1:0;http://example.com:0", "--allow-unauthenticated")]
    [InlineData("https://127.0.0.1:0", "only http")]
    [InlineData("127.0.0.1:0", "not an address")]
    [InlineData("nonsense", "not an address")]
    public async Task An_address_that_others_reach_is_refused_until_it_is_allowed(string urls, string says)
    {
        using var tracker = TrackerProcess.Start("--urls", urls, "--data", _directory);

        (await tracker.EndAsync()).ShouldBe(2);
        tracker.Errors.ShouldContain(says);
        Directory.EnumerateFileSystemEntries(_directory).ShouldBeEmpty("nothing was started");
    }

    [Fact]
    public async Task An_open_address_is_served_when_it_is_allowed_to_any_host_name()
    {
        var database = await TrackerFixture.CreateDatabaseAsync();
        using (var tracker = TrackerProcess.Start(
            "--urls", "http://0.0.0.0:0", "--allow-unauthenticated", "--database", database))
        {
            var url = new Uri((await tracker.BecomeReadyAsync()).Split(' ')[4].TrimEnd(','));
            using var connection = await RawHttp.ConnectAsync(new Uri($"http://127.0.0.1:{url.Port}"));
            await connection.WriteAsync("GET /health/live HTTP/1.1\r\nHost: tracker.example\r\n\r\n");
            (await connection.ReadAsync("GET", "/health/live")).Status.ShouldBe(200);
            tracker.Terminate();
            (await tracker.EndAsync()).ShouldBe(0);
        }

        await PostgresServer.DropDatabaseAsync(database);
    }

    [Fact]
    public async Task Settings_come_from_the_command_line_the_environment_and_a_file_in_that_order()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        var secret = Path.Combine(_directory, "connection");
        var config = Path.Combine(_directory, "tracker.json");
        await File.WriteAllTextAsync(secret, database + "\n");
        await File.WriteAllTextAsync(config, JsonSerializer.Serialize(new Dictionary<string, string>
        {
            ["urls"] = "http://0.0.0.0:0", ["schema"] = "from the file", ["log-format"] = "json",
        }));
        using (var tracker = TrackerProcess.Start(
            [("OPTRACK_DATABASE_FILE", secret), ("OPTRACK_SCHEMA", "from Environment")],
            "--urls", "http://127.0.0.1:0", "--config", config))
        {
            (await tracker.BecomeReadyAsync()).ShouldContain("database at ");
            (await tracker.PutAsync("a", Document("a"))).Status.ShouldBe(200);
            tracker.Terminate();
            (await tracker.EndAsync()).ShouldBe(0);
            tracker.Errors.Trim().Split('\n').ShouldAllBe(line => line.StartsWith('{'));
        }

        (await TrackerServer.ExecuteAsync(database, "select operation_id from \"from Environment\".operations"))
            .ShouldBe("a");
        using (var tracker = TrackerProcess.Start(
            [("OPTRACK_DATABASE", database), ("OPTRACK_CONFIG", config), ("OPTRACK_URLS", "http://127.0.0.1:0")]))
        {
            await tracker.BecomeReadyAsync();
            tracker.Terminate();
            (await tracker.EndAsync()).ShouldBe(0);
        }

        (await TrackerServer.ExecuteAsync(database, "select count(*) from \"from the file\".operations")).ShouldBe(0L);
        await PostgresServer.DropDatabaseAsync(database);
    }

    [Theory]
    [InlineData("--drain-delay", "soon")]
    [InlineData("--drain-delay", "-1")]
    [InlineData("--pg-tcp", "0")]
    [InlineData("--pg-tcp", "70000")]
    [InlineData("--log-format", "xml")]
    [InlineData("--schema", "")]
    [InlineData("--config", "/nonexistent/file.json")]
    [InlineData("--database", "nonsense")]
    [InlineData("--database", "Username=x")]
    [InlineData("--no-such-option", "x")]
    public async Task A_setting_that_cannot_be_meant_is_exit_2(string option, string value)
    {
        using var tracker = TrackerProcess.Start("--urls", "http://127.0.0.1:0", "--data", _directory, option, value);

        (await tracker.EndAsync()).ShouldBe(2, tracker.Errors);
        tracker.Errors.ShouldNotContain("   at ");
        tracker.Errors.ShouldNotContain("Exception");
    }
}
