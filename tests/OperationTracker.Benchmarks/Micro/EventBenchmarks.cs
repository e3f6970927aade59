using BenchmarkDotNet.Attributes;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Servers;
using OperationTracker.Core.Audit;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Benchmarks.Micro;

/// <summary>The events of a whole operation: as JSON, back again, and folded.</summary>
[MemoryDiagnoser]
public class EventBenchmarks
{
    private OperationEvent[] _events = [];
    private (string Alias, byte[] Data)[] _stored = [];
    private readonly byte[] _secret = new byte[EventOpenings.SecretLength];
    private readonly byte[] _headers = ChangeHeaders.WriteUtf8(new ChangeSource("192.0.2.10", "controller/1.0"), 1, 2);

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
        _stored =
        [
            .. events.Select(@event => (OperationEventTypes.AliasOf(@event), OperationEventTypes.Write(@event))),
        ];
    }

    [Benchmark]
    public object Fold_four() => OperationProjection.Fold(OperationState.Initial, _events);

    [Benchmark]
    public byte[] Seal_registered() => Seal(0);

    [Benchmark]
    public byte[] Seal_responded() => Seal(1);

    [Benchmark]
    public byte[] Write_registered() => OperationEventTypes.Write(_events[0]);

    [Benchmark]
    public byte[] Write_responded() => OperationEventTypes.Write(_events[1]);

    [Benchmark]
    public object? Read_registered() => OperationEventTypes.TryRead(_stored[0].Alias, _stored[0].Data);

    [Benchmark]
    public object? Read_responded() => OperationEventTypes.TryRead(_stored[1].Alias, _stored[1].Data);

    private byte[] Seal(int index)
    {
        var (alias, data) = _stored[index];
        var content = new EventContent(
            "0011795132860005", index + 1, Guid.Empty, alias, OperationEventTypes.DotNetTypeOf(_events[index]), data,
            "01890a5d-ac96-774b-bcce-b302099a8057", null, null, _headers);
        return EventSeal.ContentOf(content, EventOpenings.OfSecret(_secret));
    }
}
