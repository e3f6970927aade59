using BenchmarkDotNet.Attributes;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Servers;
using OperationTracker.Core.Operations;

namespace OperationTracker.Benchmarks.Micro;

/// <summary>The events of a whole operation: as JSON, back again, and folded.</summary>
[MemoryDiagnoser]
public class EventBenchmarks
{
    private OperationEvent[] _events = [];
    private (string Alias, byte[] Data)[] _stored = [];

    /// <summary>About how long the document is.</summary>
    [Params(1024, 64 * 1024)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var state = OperationState.Initial;
        var events = new List<OperationEvent>();
        foreach (var step in SampleDocuments.Steps(Bytes))
        {
            var change = (OperationDecision.Change)OperationDecision.Of(state, StoredTexts.Document(step));
            events.AddRange(change.Events);
            state = OperationProjection.Fold(state, change.Events);
        }

        _events = [.. events];
        _stored = [.. events.Select(@event => (OperationEventTypes.AliasOf(@event), OperationEventTypes.Write(@event)))];
    }

    [Benchmark]
    public object Fold_four() => OperationProjection.Fold(OperationState.Initial, _events);

    [Benchmark]
    public byte[] Write_registered() => OperationEventTypes.Write(_events[0]);

    [Benchmark]
    public byte[] Write_responded() => OperationEventTypes.Write(_events[1]);

    [Benchmark]
    public object? Read_registered() => OperationEventTypes.TryRead(_stored[0].Alias, _stored[0].Data);

    [Benchmark]
    public object? Read_responded() => OperationEventTypes.TryRead(_stored[1].Alias, _stored[1].Data);
}
