using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using OperationTracker.Torture.Network;

namespace OperationTracker.Torture.Faults;

/// <summary>
/// Stands between clients and a node and answers as a tracker with a bug would: planted bugs that cannot be planted in
/// the database.
/// </summary>
internal sealed class LyingGateway : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, HttpAnswer> _older = new();
    private readonly PlantedBug _bug;
    private readonly int _node;
    private readonly bool _isFirst;
    private readonly Task _accepting;

    /// <param name="bug">How it lies.</param>
    /// <param name="nodePort">Of the node behind it.</param>
    /// <param name="isFirst">Whether that is the cluster's first.</param>
    public LyingGateway(PlantedBug bug, int nodePort, bool isFirst)
    {
        (_bug, _node, _isFirst) = (bug, nodePort, isFirst);
        _listener.Start(512);
        _accepting = Listening.AcceptAsync(_listener, ServeAsync, _stopping.Token);
    }

    public EndPoint EndPoint => _listener.LocalEndpoint;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
    }

    private async Task ServeAsync(Socket client)
    {
        await using (var stream = new NetworkStream(client, ownsSocket: true))
        {
            try
            {
                client.NoDelay = true;
                using var node = await HttpConnection.OpenAsync(_node, _stopping.Token);
                while (!node.Closed && await HttpRequest.ReadAsync(stream, _stopping.Token) is { } request)
                    await WriteAsync(stream, await AnswerAsync(node, request));
            }
            catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
            {
                // One end is gone, and so is the connection.
            }
        }
    }

    private async Task<HttpAnswer> AnswerAsync(HttpConnection node, HttpRequest request)
    {
        var rarely = Random.Shared.Next(50) == 0;
        if (_bug == PlantedBug.AcknowledgeFirst && rarely && request.Method == "PUT"
            && _older.TryGetValue(request.Target, out var known))
        {
            _ = SendLaterAsync(request);
            return known;
        }

        if (_bug == PlantedBug.PastIsPresent && request.IsAboutThePast())
            request = request with { Target = request.Path };
        var answer = await SendAsync(node, request);
        if (_bug == PlantedBug.ListLeavesOut && answer.Status == 200
            && request is { Method: "GET", Path: "/v1/operations" })
            return LeaveOut(answer);
        if (_bug == PlantedBug.OneNodeDiffers && _isFirst
            && request.Path.StartsWith("/v1/reports/", StringComparison.Ordinal))
            return answer with { Body = [.. answer.Body, (byte)' '] };
        if (_bug == PlantedBug.SendAgain && rarely && request.Method == "PUT") _ = SendLaterAsync(request);
        if (_bug == PlantedBug.ConflictAnsweredOk && answer.Status is 409 or 412)
            return new HttpAnswer(200, answer.Headers, []);
        if (answer.Status != 200 || answer.ETag is null) return answer;
        if (_bug == PlantedBug.StaleRead && rarely && request.Method == "GET"
            && _older.TryGetValue(request.Target, out var older)) return older;
        if (request.Method == "GET" || _bug == PlantedBug.AcknowledgeFirst) _older.TryAdd(request.Target, answer);
        return answer;
    }

    /// <summary>Its last operation, now and then.</summary>
    private static HttpAnswer LeaveOut(HttpAnswer answer)
    {
        var list = JsonNode.Parse(answer.Body)!;
        if (Random.Shared.Next(5) == 0
            && (list["operation_ids"] ?? list["operations"]) is JsonArray { Count: > 0 } operations)
            operations.RemoveAt(operations.Count - 1);
        return answer with { Body = Encoding.UTF8.GetBytes(list.ToJsonString()) };
    }

    /// <summary>On a connection of its own, when the sender has heard already.</summary>
    private async Task SendLaterAsync(HttpRequest request)
    {
        try
        {
            await Task.Delay(300, _stopping.Token);
            using var node = await HttpConnection.OpenAsync(_node, _stopping.Token);
            await SendAsync(node, request);
        }
        catch (Exception fault) when (fault is IOException or SocketException or OperationCanceledException)
        {
            // Then it is lost, as with a tracker that was killed meanwhile.
        }
    }

    private Task<HttpAnswer> SendAsync(HttpConnection node, HttpRequest request) =>
        node.SendAsync(request.Method, request.Target, request.Headers, request.Body, _stopping.Token);

    private async Task WriteAsync(NetworkStream stream, HttpAnswer answer)
    {
        var kept = answer.Headers.Where(
            header => header.Key.ToUpperInvariant() is not ("CONTENT-LENGTH" or "TRANSFER-ENCODING"));
        var head = string.Create(CultureInfo.InvariantCulture,
            $"HTTP/1.1 {answer.Status} -\r\nContent-Length: {answer.Body.Length}\r\n")
            + string.Concat(kept.Select(header => $"{header.Key}: {header.Value}\r\n")) + "\r\n";
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. answer.Body], _stopping.Token);
    }
}
