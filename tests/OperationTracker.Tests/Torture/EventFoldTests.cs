using System.Text.Json.Nodes;
using OperationTracker.Core.Operations;
using OperationTracker.Tests.Operations;
using OperationTracker.Torture.Checking;

namespace OperationTracker.Tests.Torture;

/// <summary>
/// The checkers' fold and the product's share no code, and make the same documents of all kinds of events.
/// </summary>
public sealed class EventFoldTests
{
    private const int Sequences = 500;

    [Fact]
    public void It_makes_the_document_that_was_sent()
    {
        var kinds = new HashSet<string>();
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            var state = OperationState.Initial;
            JsonObject? document = null;
            foreach (var wanted in sequence.Documents)
            {
                foreach (var @event in OperationDecision.Of(state, wanted).Events())
                {
                    var type = OperationEventTypes.AliasOf(@event);
                    kinds.Add(type);
                    state = OperationProjection.Apply(state, @event);
                    document = EventFold.Apply(
                        document, type, JsonNode.Parse(OperationEventTypes.Write(@event))!.AsObject());
                }

                JsonTree.Parse(System.Text.Encoding.UTF8.GetBytes(document!.ToJsonString())).Canonical()
                    .ShouldBe(JsonTree.Parse(OperationJson.Write(state.Document!)).Canonical());
            }
        }, Sequences);
        kinds.Count.ShouldBe(12, "all kinds but redactions were met");
    }
}
