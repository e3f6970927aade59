using System.Buffers.Text;
using System.Text;

namespace OperationTracker.Benchmarks.Load;

/// <summary>
/// A request that is rendered once; only the operation's number, and a counter, are written in for each sending.
/// </summary>
internal sealed class RequestTemplate
{
    private readonly byte[] _bytes;
    private readonly int[] _ids;
    private readonly int _counter;

    private RequestTemplate(string text)
    {
        _bytes = Encoding.UTF8.GetBytes(text);
        var id = Encoding.ASCII.GetBytes(SampleDocuments.IdPlace);
        _ids = [.. Places(id)];
        _counter = _bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(SampleDocuments.CounterPlace));
    }

    public int Length => _bytes.Length;

    /// <summary>The PUT of a document that has <see cref="SampleDocuments.IdPlace"/> as its id.</summary>
    public static RequestTemplate Put(string document) => new(
        $"PUT /v1/operations/{SampleDocuments.IdPlace} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        + "Content-Type: application/json\r\n"
        + $"Content-Length: {Encoding.UTF8.GetByteCount(document)}\r\n\r\n{document}");

    public int Render(Span<byte> target, long operation, long counter = 0)
    {
        _bytes.CopyTo(target);
        foreach (var place in _ids)
            Write(target[place..], operation);
        if (_counter >= 0)
            Write(target[_counter..], counter);
        return _bytes.Length;
    }

    private static void Write(Span<byte> target, long number) =>
        Utf8Formatter.TryFormat(
            number, target, out _, new System.Buffers.StandardFormat('D', SampleDocuments.IdLength));

    private IEnumerable<int> Places(byte[] text)
    {
        for (int from = 0, at; (at = _bytes.AsSpan(from).IndexOf(text)) >= 0; from += at + text.Length)
            yield return from + at;
    }
}
