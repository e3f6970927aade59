using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text.Json;
using OperationTracker.Tests.Api;

namespace OperationTracker.Tests.Hosting;

/// <summary>
/// Writers that note what the tracker has acknowledged, to ask for it later. Each owns its operations and counts up in
/// them, so what must be there is known: at least what was acknowledged last, at most what was sent last.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class Ledger
{
    private const int OperationsPerWriter = 5;

    private readonly ConcurrentDictionary<string, (int Acknowledged, int Sent)> _operations = new();
    private int _acknowledged;

    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Answers that are neither an acknowledgement nor a 503.</summary>
    public ConcurrentQueue<string> Unexpected { get; } = new();

    /// <summary>Writes until told to stop, or until the tracker is gone.</summary>
    public Task LoadAsync(TrackerProcess tracker, int writers, CancellationToken cancel) =>
        Task.WhenAll(
            Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(tracker, writer, cancel), cancel)));

    /// <summary>What is not as it was acknowledged; empty when nothing is lost.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(TrackerProcess tracker)
    {
        var faults = new List<string>();
        foreach (var (id, (acknowledged, sent)) in _operations)
        {
            var answer = await tracker.GetAsync($"/v1/operations/{id}");
            if (answer.Status == 404 && acknowledged == 0) continue;
            using var document = JsonDocument.Parse(answer.Body);
            var found = answer.Status == 200 ? document.RootElement.GetProperty("n").GetInt32() : -1;
            if (found < acknowledged || found > sent
                || JsonText.Difference(answer.Body, DocumentOf(id, found).Bytes()) is not null)
                faults.Add($"{id}: {acknowledged} was acknowledged, {sent} sent, found {answer.Text}");
            _operations[id] = (Math.Max(found, 0), Math.Max(found, 0));
        }

        return faults;
    }

    private static string DocumentOf(string id, int n) =>
        Sample.Document(id, more: $"\"n\":{n},\"text\":\"{new string('x', n % 500)}\"");

    private async Task WriteAsync(TrackerProcess tracker, int writer, CancellationToken cancel)
    {
        RawHttp? connection = null;
        try
        {
            for (var turn = 0; !cancel.IsCancellationRequested; turn++)
            {
                if (connection is null or { Closed: true }) connection = await RawHttp.ConnectAsync(tracker.Url);
                var id = $"w{writer}-{turn % OperationsPerWriter}";
                var (acknowledged, sent) = _operations.GetValueOrDefault(id);
                _operations[id] = (acknowledged, ++sent);
                var body = DocumentOf(id, sent);
                await connection.WriteAsync(
                    $"PUT /v1/operations/{id} HTTP/1.1\r\nHost: localhost\r\n"
                    + $"Content-Length: {body.Length}\r\n\r\n{body}");
                var answer = await connection.ReadAsync("PUT", $"/v1/operations/{id}");
                if (answer.Status == 200)
                {
                    _operations[id] = (sent, sent);
                    Interlocked.Increment(ref _acknowledged);
                }
                else if (answer.Status != 503)
                {
                    Unexpected.Enqueue($"{answer.Status} {answer.Text}");
                }
            }
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
        {
            // The tracker is gone, which is what these tests are about.
        }
        finally
        {
            connection?.Dispose();
        }
    }
}
