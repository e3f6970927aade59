using System.Text;
using OperationTracker.Benchmarks.Load;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Benchmarks;

public class SampleDocumentsTests
{
    [Theory]
    [InlineData(1024)]
    [InlineData(64 * 1024)]
    public void They_keep_the_contract_have_the_size_and_go_one_event_a_step(int bytes)
    {
        var state = OperationState.Initial;
        var kinds = new List<string>();
        foreach (var step in SampleDocuments.Steps(bytes))
        {
            var sent = Encoding.UTF8.GetBytes(step.Replace(SampleDocuments.IdPlace, "0000000000000001"));
            var document = OperationJson.Read(sent).Document.ShouldNotBeNull();
            OperationJson.Write(document).Length.ShouldBeInRange(bytes * 3 / 4, bytes);
            var change = OperationDecision.Of(state, document).ShouldBeOfType<OperationDecision.Change>();
            kinds.AddRange(change.Events.Select(OperationEventTypes.AliasOf));
            state = OperationProjection.Fold(state, change.Events);
        }

        kinds.ShouldBe(["operation_registered", "cluster_responded", "cluster_responded", "status_changed"]);
    }
}
