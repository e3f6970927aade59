namespace OperationTracker.Benchmarks.Load;

/// <summary>All clients write one operation; each PUT brings another sub_status.</summary>
internal sealed class HotWorkload(int documentBytes, long operation) : ILoadWorkload
{
    private readonly RequestTemplate _request = RequestTemplate.Put(SampleDocuments.WithSubStatus(documentBytes));
    private long _next;

    public int LargestRequest => _request.Length;

    public int TryNext(Span<byte> target, out long number)
    {
        number = ++_next;
        return _request.Render(target, operation, number);
    }

    public void Complete(long number)
    {
    }
}
