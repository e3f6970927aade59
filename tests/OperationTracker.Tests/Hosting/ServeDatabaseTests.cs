using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Extensions.Logging.Abstractions;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Tests.Api;
using OperationTracker.Tests.EventStore;
using OperationTracker.Torture.Servers;
using static OperationTracker.Tests.Api.Sample;

namespace OperationTracker.Tests.Hosting;

/// <summary><c>optrack serve</c> with databases that are away, read-only or of another build.</summary>
[SupportedOSPlatform("linux")]
public sealed class ServeDatabaseTests : IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly string _directory = TestDirectory.Create("serve");

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => ServeTests.EndAsync(_directory);

    [Fact]
    public async Task A_database_that_is_away_is_waited_for()
    {
        var port = LoopbackPort.Free();
        var options = new EmbeddedPostgresOptions { DataDirectory = _directory, TcpPort = port };
        string database;
        await using (var server = await StartPostgresAsync(options)) database = server.TcpConnectionString!;
        using var tracker = TrackerProcess.Start(
            "--urls", $"http://127.0.0.1:{LoopbackPort.Free()}", "--database", database);
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
}
