using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using OperationTracker.Postgres.Embedded;
using OperationTracker.Tests.Api;
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
}
