namespace OperationTracker.Benchmarks.Load;

/// <summary>
/// Four PUTs for each operation. Consecutive requests go to different operations: a block of them is registered, then
/// each gets its next step, and so on. A step waits until the one before it is answered, so that none is ever refused.
/// </summary>
internal sealed class PutWorkload : ILoadWorkload
{
    private const int Block = 512;

    private readonly RequestTemplate[] _steps;
    private readonly long _first;
    private readonly HashSet<long> _outstanding = [];
    private long _next;

    /// <param name="documentBytes">About how long a document is.</param>
    /// <param name="first">The number of the first operation; each run takes new ones.</param>
    public PutWorkload(int documentBytes, long first)
    {
        _steps = [.. SampleDocuments.Steps(documentBytes).Select(RequestTemplate.Put)];
        _first = first;
    }

    public int LargestRequest => _steps.Max(step => step.Length);

    public int TryNext(Span<byte> target, out long number)
    {
        number = _next;
        var (block, within) = Math.DivRem(_next, Block * _steps.Length);
        var (step, operation) = Math.DivRem((int)within, Block);
        if (step > 0 && _outstanding.Contains(_next - Block))
            return 0;
        _outstanding.Add(_next++);
        return _steps[step].Render(target, _first + (block * Block) + operation);
    }

    public void Complete(long number) => _outstanding.Remove(number);
}
