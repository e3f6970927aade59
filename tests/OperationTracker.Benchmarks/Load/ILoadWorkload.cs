namespace OperationTracker.Benchmarks.Load;

/// <summary>What a load consists of.</summary>
internal interface ILoadWorkload
{
    /// <summary>Bytes of the longest request.</summary>
    int LargestRequest { get; }

    /// <summary>
    /// Writes the next request; returns its length, or 0 when none may be sent before another one is answered.
    /// </summary>
    int TryNext(Span<byte> target, out long number);

    /// <summary>A request was answered.</summary>
    void Complete(long number);
}
