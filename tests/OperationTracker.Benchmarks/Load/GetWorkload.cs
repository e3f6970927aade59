using System.Text;

namespace OperationTracker.Benchmarks.Load;

/// <summary>GETs of given paths in a random order that is the same in each run.</summary>
internal sealed class GetWorkload : ILoadWorkload
{
    private readonly byte[][] _requests;
    private readonly Random _random = new(4711);
    private long _next;

    /// <param name="lines">A path each, and after a tabulator the ETag that the client has, if it has one.</param>
    public GetWorkload(IEnumerable<string> lines) => _requests = [.. lines.Select(Render)];

    public int LargestRequest => _requests.Max(request => request.Length);

    public int TryNext(Span<byte> target, out long number)
    {
        number = _next++;
        var request = _requests[_random.Next(_requests.Length)];
        request.CopyTo(target);
        return request.Length;
    }

    public void Complete(long number)
    {
    }

    private static byte[] Render(string line)
    {
        var (path, tag) = line.Split('\t') is [var first, var second] ? (first, second) : (line, null);
        var condition = tag is null ? "" : $"If-None-Match: {tag}\r\n";
        return Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{condition}\r\n");
    }
}
