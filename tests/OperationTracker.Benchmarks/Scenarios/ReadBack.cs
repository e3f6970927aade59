using System.Net;
using System.Text;
using System.Text.Json;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Servers;

namespace OperationTracker.Benchmarks.Scenarios;

/// <summary>
/// Clients that read back what they write: each writes operations of its own, step by step, and after each answer asks
/// for the document, which has to be the one that was acknowledged; and for one that was stored before, which has to be
/// there as ever. Beside them somebody reads the whole list, slowly, again and again.
/// </summary>
/// <param name="tracker">Who is asked.</param>
/// <param name="stored">Operations that are stored, from number 1.</param>
internal sealed class ReadBack(HttpServerProcess tracker, long stored) : IDisposable
{
    private const int Bytes = 1024;
    private const int Clients = 8;
    private const int FirstNumber = 500_000_000;
    private const int SlowChunk = 256 * 1024;

    private static readonly TimeSpan SlowPause = TimeSpan.FromMilliseconds(20);

    private readonly HttpClient _http = new();
    private readonly IReadOnlyList<string> _steps = SampleDocuments.Steps(Bytes);
    private long _answers;
    private long _missing;
    private long _stale;

    /// <summary>GETs that were answered.</summary>
    public long Answers => _answers;

    /// <summary>Of these, operations that were not there.</summary>
    public long Missing => _missing;

    /// <summary>Of these, documents that are not the one that was acknowledged last.</summary>
    public long Stale => _stale;

    /// <summary>Until something else has ended.</summary>
    public async Task RunAsync(Task until, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var reading = ReadListAsync(until, stop.Token);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => ReadBackAsync(client, until, cancel)));
        await stop.CancelAsync();
        await reading;
        await until;
    }

    public void Dispose() => _http.Dispose();

    private async Task ReadBackAsync(int client, Task until, CancellationToken cancel)
    {
        for (long number = FirstNumber + client; !until.IsCompleted; number += Clients)
        {
            var id = StoredOperations.Id(number);
            foreach (var step in _steps)
            {
                var document = step.Replace(SampleDocuments.IdPlace, id, StringComparison.Ordinal);
                using var content = new StringContent(document, Encoding.UTF8, "application/json");
                using var put = await _http.PutAsync(Url($"/{id}"), content, cancel);
                if (put.StatusCode != HttpStatusCode.OK)
                    throw new InvalidOperationException($"PUT was answered {(int)put.StatusCode}.");
                await ExpectAsync(id, body => IsEqual(body, document), put.Headers.ETag?.ToString(), cancel);
            }

            var old = StoredOperations.Id(Random.Shared.NextInt64(1, stored + 1));
            await ExpectAsync(old, body => body.Contains($"\"{old}\"", StringComparison.Ordinal), null, cancel);
        }
    }

    private async Task ExpectAsync(string id, Predicate<string> isExpected, string? etag, CancellationToken cancel)
    {
        using var get = await _http.GetAsync(Url($"/{id}"), cancel);
        Interlocked.Increment(ref _answers);
        if (get.StatusCode != HttpStatusCode.OK)
            Interlocked.Increment(ref _missing);
        else if ((etag is not null && get.Headers.ETag?.ToString() != etag)
            || !isExpected(await get.Content.ReadAsStringAsync(cancel)))
            Interlocked.Increment(ref _stale);
    }

    private async Task ReadListAsync(Task until, CancellationToken cancel)
    {
        var chunk = new byte[SlowChunk];
        try
        {
            while (!until.IsCompleted)
            {
                await using var list = await _http.GetStreamAsync(Url("?format=detail-list"), cancel);
                while (await list.ReadAsync(chunk, cancel) > 0)
                    await Task.Delay(SlowPause, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The others are done.
        }
    }

    private static bool IsEqual(string body, string document)
    {
        using var left = JsonDocument.Parse(body);
        using var right = JsonDocument.Parse(document);
        return JsonElement.DeepEquals(left.RootElement, right.RootElement);
    }

    private Uri Url(string rest) => new($"http://{tracker.Address}/v1/operations{rest}");
}
