using System.Text;
using BenchmarkDotNet.Attributes;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Benchmarks.Servers;
using OperationTracker.Core.EventStore;
using OperationTracker.Core.Operations;

namespace OperationTracker.Benchmarks.Micro;

/// <summary>What each PUT does with a document besides the database: read and judge, decide, fold, write.</summary>
[MemoryDiagnoser]
public class DocumentBenchmarks
{
    private byte[] _sent = [];
    private byte[] _stored = [];
    private OperationDocument _registered = null!;
    private OperationDocument _equal = null!;
    private OperationDocument _responded = null!;
    private OperationState _state = null!;

    /// <summary>About how long the document is.</summary>
    [Params(1024, 64 * 1024)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        OperationDocument[] steps = [.. SampleDocuments.Steps(Bytes).Select(StoredTexts.Document)];
        _registered = steps[0];
        _equal = StoredTexts.Document(SampleDocuments.Steps(Bytes)[0]);
        _responded = steps[1];
        _sent = Encoding.UTF8.GetBytes(
            SampleDocuments.Steps(Bytes)[3].Replace(SampleDocuments.IdPlace, StoredTexts.IdPlace));
        _stored = OperationJson.Write(steps[3]);
        _state = OperationProjection.Apply(OperationState.Initial, new OperationRegistered
        {
            Document = _registered, LastUpdateTime = _registered.LastUpdateTime,
        });
    }

    [Benchmark]
    public object Read() => OperationJson.Read(_sent);

    [Benchmark]
    public byte[] Write() => OperationJson.Write(_registered);

    [Benchmark]
    public object Decide_first() => OperationDecision.Of(OperationState.Initial, _registered);

    [Benchmark]
    public object Decide_responded() => OperationDecision.Of(_state, _responded);

    [Benchmark]
    public object Decide_equal() => OperationDecision.Of(_state, _equal);

    [Benchmark]
    public object? View() => OperationView.Of(_state);

    [Benchmark]
    public object? Summary() => DocumentSummary.Of(_stored);
}
