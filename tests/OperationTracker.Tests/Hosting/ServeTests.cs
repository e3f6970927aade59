using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Tests.Api;
using OperationTracker.Tests.EventStore;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Hosting;

/// <summary><c>optrack serve</c> as its operators run it.</summary>
[SupportedOSPlatform("linux")]
public sealed class ServeTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly string _directory = TestDirectory.Create("serve");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => EndAsync(_directory);

    [Fact]
    public async Task It_says_in_one_line_where_it_is_and_ends_well_when_told()
    {
        using var tracker = await TrackerProcess.ReadyAsync("--data", _directory);

        (await tracker.PutAsync("a", Document("a"))).Status.ShouldBe(200);
        (await tracker.GetAsync("/openapi/v1.json")).Status.ShouldBe(200);
        (await tracker.GetAsync("/health/ready")).Status.ShouldBe(200);
        tracker.Terminate();

        (await tracker.EndAsync()).ShouldBe(0, tracker.Errors);
        var url = tracker.Url.ToString().TrimEnd('/');
        tracker.Output.ShouldHaveSingleItem().ShouldBe(
            $"optrack is ready at {url}, described at {url}/openapi/v1.json,"
            + $" data in {_directory}. Try: curl {url}/v1/operations");
        TrackerProcess.Postmasters(_directory).ShouldBeEmpty();
        tracker.Errors.ShouldNotContain("xception");
    }

    [Fact]
    public async Task A_second_one_on_the_same_data_is_refused_in_a_sentence()
    {
        using var first = await TrackerProcess.ReadyAsync("--data", _directory);

        using var second = TrackerProcess.Start("--urls", "http://127.0.0.1:0", "--data", _directory);

        (await second.EndAsync()).ShouldBe(4);
        // Before it stands only the warning that this is no place for data.
        var told = second.Errors.Trim().Split('\n')[^1];
        told.ShouldStartWith("A tracker already runs");
        told.ShouldContain($"process {first.Id}");
        second.Errors.ShouldNotContain("   at ");
        (await first.PutAsync("a", Document("a"))).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_told_in_a_sentence()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        using var tracker = TrackerProcess.Start("--urls", $"http://{taken.LocalEndpoint}", "--data", _directory);

        (await tracker.EndAsync()).ShouldBe(4);
        tracker.Errors.ShouldContain("Cannot listen");
        tracker.Errors.ShouldNotContain("   at ");
        TrackerProcess.Postmasters(_directory).ShouldBeEmpty();
    }

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
    public async Task Told_to_stop_under_load_it_drains_finishes_what_has_begun_and_loses_nothing()
    {
        using var tracker = await TrackerProcess.ReadyAsync("--data", _directory, "--drain-delay", "2");
        var ledger = new Ledger();
        var body = Document("begun");
        using var begun = await RawHttp.ConnectAsync(tracker.Url);
        await begun.WriteAsync(
            "PUT /v1/operations/begun HTTP/1.1\r\nHost: localhost\r\n"
            + $"Content-Length: {body.Length}\r\n\r\n{body[..20]}");
        using var stop = new CancellationTokenSource();
        var load = ledger.LoadAsync(tracker, writers: 8, stop.Token);
        await Eventually.BeTrueAsync(() => ledger.Acknowledged > 200, Soon, "there is load");

        tracker.Terminate();
        var ready = await tracker.GetAsync("/health/ready");
        while (ready.Status == 200) ready = await tracker.GetAsync("/health/ready");
        ready.Status.ShouldBe(503);
        ready.Text.ShouldContain("stopping");
        var before = ledger.Acknowledged;
        await Eventually.BeTrueAsync(
            () => ledger.Acknowledged > before + 50, Soon, "what comes while it drains is served");
        await begun.WriteAsync(body[20..]);
        (await begun.ReadAsync("PUT", "/v1/operations/begun")).Status.ShouldBe(200);

        (await tracker.EndAsync()).ShouldBe(0, tracker.Errors);
        await stop.CancelAsync();
        await load;
        ledger.Unexpected.ShouldBeEmpty();
        using var next = await TrackerProcess.ReadyAsync("--data", _directory);
        (await next.GetAsync("/v1/operations/begun")).Status.ShouldBe(200);
        (await ledger.CheckAsync(next)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_database_that_is_away_is_waited_for()
    {
        var port = FreePort();
        var options = new EmbeddedPostgresOptions { DataDirectory = _directory, TcpPort = port };
        string database;
        await using (var server = await StartPostgresAsync(options)) database = server.TcpConnectionString!;
        using var tracker = TrackerProcess.Start("--urls", $"http://127.0.0.1:{FreePort()}", "--database", database);
        var url = new Uri(ArgumentOf(tracker));

        var answer = await EventuallyAnswersAsync(url, "PUT", "/v1/operations/a", "020001");
        answer.Header("Retry-After").ShouldNotBeNull();
        (await RawHttp.SendAsync(url, "GET", "/health/live")).Status.ShouldBe(200);
        (await RawHttp.SendAsync(url, "GET", "/health/ready")).Text.ShouldContain("cannot be reached");
        tracker.Output.ShouldBeEmpty("it is not ready");

        await using (var server = await StartPostgresAsync(options))
        {
            await tracker.BecomeReadyAsync();
            (await tracker.PutAsync("a", Document("a"))).Status.ShouldBe(200);
        }

        var away = await tracker.GetAsync("/v1/operations/a");
        (away.Status, away.Text.Contains("\"020001\"") || away.Text.Contains("\"020002\"")).ShouldBe(
            (503, true), away.Text);
        await using (var server = await StartPostgresAsync(options))
            (await tracker.GetAsync("/v1/operations/a")).Status.ShouldBe(200);
        tracker.Terminate();
        (await tracker.EndAsync()).ShouldBe(0, tracker.Errors);
        tracker.Errors.ShouldNotContain("Password");

        string ArgumentOf(TrackerProcess process) => File.ReadAllText($"/proc/{process.Id}/cmdline").Split('\0')
            .First(word => word.StartsWith("http://", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_standby_serves_reads_and_refuses_writes_for_now()
    {
        var options = new EmbeddedPostgresOptions { DataDirectory = _directory };
        string database;
        await using (var server = await StartPostgresAsync(options))
        {
            database = server.ConnectionString;
            await using var primary = await TrackerServer.StartAsync(database);
            (await primary.PutAsync("a", Document("a"))).Status.ShouldBe(200);
        }

        var data = new DataDirectory(_directory);
        await File.WriteAllTextAsync(Path.Combine(_directory, "postgres", "standby.signal"), "");
        var run = new UnprivilegedCommand(ServerUser.Choose(null, data), useSetpriv: false);
        using var spawn = new SpawnThread();
        var postgres = Path.Combine(ClusterRecord.Read(data.Record)!.Bin, "postgres");
        var standby = await spawn.StartAsync(
            run.Create(postgres, ServerSettings.CommandLine(data, data.Sockets, options)));
        try
        {
            using var tracker = TrackerProcess.Start("--urls", "http://127.0.0.1:0", "--database", database);
            await tracker.BecomeReadyAsync();

            (await tracker.GetAsync("/v1/operations/a")).Status.ShouldBe(200);
            (await tracker.GetAsync("/v1/operations?format=detail-list")).Text.ShouldContain("\"operation_id\":\"a\"");
            var put = await tracker.PutAsync("b", Document("b"));
            (put.Status, put.Text.Contains("\"020002\""), put.Header("Retry-After") is not null).ShouldBe(
                (503, true, true), put.Text);
            (await tracker.GetAsync("/health/ready")).Text.ShouldContain("read-only");
            tracker.Terminate();
            (await tracker.EndAsync()).ShouldBe(0, tracker.Errors);
        }
        finally
        {
            standby.Kill();
            await standby.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task A_schema_that_a_newer_build_made_is_refused()
    {
        var database = await TrackerFixture.CreateDatabaseAsync();
        await TrackerServer.ExecuteAsync(
            database, "insert into tracker.schema_versions (version, file) values (9999, '9999_tomorrow.sql')");

        using var tracker = TrackerProcess.Start("--urls", "http://127.0.0.1:0", "--database", database);

        (await tracker.EndAsync()).ShouldBe(1);
        tracker.Errors.ShouldContain("has version 9999");
        tracker.Errors.ShouldNotContain("   at ");
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

    internal static async Task EndAsync(string directory)
    {
        foreach (var pid in TrackerProcess.Postmasters(directory)) Posix.Signal(pid, 9);
        // Its children outlive it for a moment, and write.
        await Eventually.BeTrueAsync(() => TryDelete(directory), Soon, "PostgreSQL is gone, and its data can be");
    }

    private static bool TryDelete(string directory)
    {
        try
        {
            TestDirectory.Delete(directory);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static Task<EmbeddedPostgres> StartPostgresAsync(EmbeddedPostgresOptions options) =>
        EmbeddedPostgres.StartAsync(
            options with { BinDirectory = Environment.GetEnvironmentVariable("OPTRACK_PG_BIN") },
            NullLogger.Instance, TimeProvider.System, default);

    private static async Task<Answer> EventuallyAnswersAsync(Uri url, string method, string target, string code)
    {
        var limit = DateTime.UtcNow + Soon;
        while (true)
        {
            try
            {
                var answer = await RawHttp.SendAsync(url, method, target);
                if (answer.Text.Contains($"\"{code}\"") || DateTime.UtcNow > limit) return answer;
            }
            catch (SocketException) when (DateTime.UtcNow < limit)
            {
                // Not listening yet.
            }

            await Task.Delay(20);
        }
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }
}
