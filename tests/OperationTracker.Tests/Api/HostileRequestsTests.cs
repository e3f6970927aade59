using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Xunit.Abstractions;

namespace OperationTracker.Tests.Api;

/// <summary>
/// Nothing that arrives gives a 5xx, a hung request, an unhandled exception or a line of log with a piece of a body.
/// OPTRACK_SEED makes other requests, OPTRACK_CASES more of them.
/// </summary>
[Collection(RunsAlone.Name)]
public sealed class HostileRequestsTests(TrackerServer tracker, ITestOutputHelper output) : IClassFixture<TrackerServer>
{
    private const int Senders = 4;
    private const long Growth = 100 * 1024 * 1024;
    private static readonly int Seed = Setting("OPTRACK_SEED", 20261120);
    private static readonly int Cases = Setting("OPTRACK_CASES", 12_000);

    private readonly ConcurrentDictionary<string, int> _answers = new();
    private readonly ConcurrentQueue<string> _faults = new();

    [Fact]
    public async Task Whatever_arrives_is_answered_as_declared()
    {
        await SendAsync("warm", 0, Cases / 20);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var time = Stopwatch.StartNew();

        await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(
            () => SendAsync($"s{sender}", sender * (Cases / Senders), (sender + 1) * (Cases / Senders)))));

        output.WriteLine($"seed {Seed}, {Cases} requests in {time.Elapsed}");
        foreach (var (answer, count) in _answers.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            output.WriteLine($"{count,7} {answer}");
        _faults.ShouldBeEmpty($"of seed {Seed}");
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(Growth);
        // A generator whose requests all fail at the door tests nothing behind it.
        foreach (var status in new[] { 200, 304, 400, 404, 405, 406, 409, 412, 415 })
            _answers.Keys.ShouldContain(
                key => key.EndsWith($" {status}", StringComparison.Ordinal), $"some answer is {status}");
        _answers.Where(pair => pair.Key == "PUT 200").Sum(pair => pair.Value).ShouldBeGreaterThan(Cases / 50);
        ShouldHaveLoggedNothing();
    }

    [Fact]
    public async Task Random_bytes_on_the_socket_harm_nobody()
    {
        for (var i = 0; i < 500; i++)
        {
            var random = new Random(Seed + i);
            var bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            if (i % 2 == 0) bytes = [.. "PUT /v1/operations/a HTTP/1.1\r\nHost: localhost\r\n"u8, .. bytes];
            using var connection = await RawHttp.ConnectAsync(tracker.Url);
            await connection.WriteAsync(bytes);
            connection.EndSending();
            try
            {
                (await connection.ReadAsync("PUT", "/v1/operations/a")).Status.ShouldBeLessThan(500);
            }
            catch (Exception fault) when (fault is IOException or IndexOutOfRangeException)
            {
                // The server hung up on it, which it may.
            }
        }

        (await tracker.GetAsync("/health/ready")).Status.ShouldBe(200);
        ShouldHaveLoggedNothing();
    }

    private void ShouldHaveLoggedNothing()
    {
        foreach (var log in new[] { tracker.Log, PostgresServer.Log })
            log.Lines.Where(line => line.Contains(HostileRequest.Canary)).ShouldBeEmpty();
        tracker.Log.Lines.Where(
            line => line.Contains("xception") || line.Contains("nexpected") || line.Contains("nhandled"))
            .ShouldBeEmpty();
    }

    private async Task SendAsync(string sender, int from, int to)
    {
        RawHttp? connection = null;
        for (var number = from; number < to && _faults.Count < 20; number++)
        {
            var request = HostileRequest.Of(unchecked(Seed * 31 + number), sender);
            try
            {
                connection ??= await RawHttp.ConnectAsync(tracker.Url);
                await SendAsync(connection, request);
            }
            catch (Exception fault) when (fault is IOException or OperationCanceledException or ShouldAssertException)
            {
                _faults.Enqueue($"{number}: {request.Method} {request.Target} {request.Headers}: {fault.Message}");
            }

            if (connection is { Closed: false }) continue;
            connection?.Dispose();
            connection = null;
        }

        connection?.Dispose();
    }

    private async Task SendAsync(RawHttp connection, HostileRequest request)
    {
        await connection.WriteAsync(request.ToBytes(tracker.Url.Authority));
        var answer = await connection.ReadAsync(request.Method, request.Target);
        _answers.AddOrUpdate($"{request.Method} {answer.Status}", 1, (_, count) => count + 1);
        OpenApiContract.Faults(answer).ShouldBeEmpty();
        answer.Status.ShouldBeLessThan(500);
        if (answer.Status != 200 || request.Id is null || request.Body is null || connection.Closed) return;

        await connection.WriteAsync(
            $"GET /v1/operations/{request.Id} HTTP/1.1\r\nHost: {tracker.Url.Authority}\r\n\r\n");
        var got = await connection.ReadAsync("GET", $"/v1/operations/{request.Id}");
        JsonText.Difference(request.Body, got.Body).ShouldBeNull();
        got.Header("ETag").ShouldBe(answer.Header("ETag"));
        if (answer.Header("ETag") is { } etag)
        {
            await connection.WriteAsync(
                $"GET /v1/operations/{request.Id} HTTP/1.1\r\nHost: {tracker.Url.Authority}\r\n"
                + $"If-None-Match: {etag}\r\n\r\n");
            var again = await connection.ReadAsync("GET", $"/v1/operations/{request.Id}");
            _answers.AddOrUpdate($"GET {again.Status}", 1, (_, count) => count + 1);
            again.Status.ShouldBe(304);
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number)
            ? number
            : otherwise;
}
