using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>The laws of reading and writing documents.</summary>
public sealed class DocumentLaws
{
    private static readonly JsonSerializerOptions Relaxed =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = 1000 };

    [Fact]
    public void Codec_what_is_written_says_what_was_read_token_for_token() =>
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            foreach (var (sent, document) in sequence.Texts.Zip(sequence.Documents))
            {
                var written = OperationJson.Write(document);
                JsonTree.Parse(written).Canonical()
                    .ShouldBe(JsonTree.Parse(DocumentSequence.WithoutMark(sent)).Canonical());
                var again = OperationJson.Read(written).Document;
                again.ShouldBe(document);
                Encoding.UTF8.GetString(OperationJson.Write(again!)).ShouldBe(Encoding.UTF8.GetString(written));
            }
        });

    [Fact]
    public void Order_the_tables_members_come_first_in_its_order_then_the_others_as_they_came() =>
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            foreach (var (sent, document) in sequence.Texts.Zip(sequence.Documents))
            {
                JsonTree.Parse(OperationJson.Write(document)).InOrder()
                    .ShouldBe(InContractOrder(JsonTree.Parse(DocumentSequence.WithoutMark(sent))).InOrder());
            }
        });

    [Fact]
    public void Summary_the_contracts_bodies_are_gone_and_nothing_else() =>
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            foreach (var document in sequence.Documents)
            {
                var written = OperationJson.Write(document);
                var expected = WithoutBodies(JsonNode.Parse(written)!.AsObject()).ToJsonString(Relaxed);
                JsonTree.Parse(DocumentSummary.Of(written)).InOrder().ShouldBe(JsonTree.Parse(expected).InOrder());
                DocumentSummary.Of(written.AsSpan(0, written.Length - 1)).ShouldBeNull();
            }
        });

    private static JsonTree InContractOrder(JsonTree document)
    {
        var ordered = Ordered(document, DocumentSource.DocumentNames);
        ordered.Set("request", Ordered(document["request"], DocumentSource.RequestNames));
        ordered.Set("response", Ordered(document["response"], DocumentSource.ResponseNames));
        ordered.Set("target_clusters", ClustersInOrder(document["target_clusters"]));
        var rollback = Ordered(document["rollbacks"], DocumentSource.RollbackNames);
        if (rollback is { IsObject: true })
            rollback.Set("target_clusters", ClustersInOrder(rollback["target_clusters"]));
        ordered.Set("rollbacks", rollback);
        return ordered;
    }

    private static JsonTree? ClustersInOrder(JsonTree? clusters) =>
        clusters is null or { IsNull: true } ? clusters : JsonTree.Array(clusters.Items.Select(cluster =>
        {
            var ordered = Ordered(cluster, DocumentSource.ClusterNames)!;
            ordered.Set("request", Ordered(cluster["request"], DocumentSource.RequestNames));
            ordered.Set("response", Ordered(cluster["response"], DocumentSource.ResponseNames));
            return ordered;
        }));

    [return: NotNullIfNotNull(nameof(tree))]
    private static JsonTree? Ordered(JsonTree? tree, string[] known) => tree is not { IsObject: true } ? tree
        : JsonTree.Object(known.Where(name => tree[name] is not null).Select(name => (name, tree[name]!))
            .Concat(tree.Members.Where(member => !known.Contains(member.Name, StringComparer.Ordinal))));

    private static JsonObject WithoutBodies(JsonObject document)
    {
        WithoutOwnBodies(document);
        foreach (var cluster in Clusters(document).Concat(Clusters(document["rollbacks"] as JsonObject)))
            WithoutOwnBodies(cluster);
        return document;
    }

    private static IEnumerable<JsonObject> Clusters(JsonObject? parent) =>
        (parent?["target_clusters"] as JsonArray)?.Select(cluster => cluster!.AsObject()) ?? [];

    private static void WithoutOwnBodies(JsonObject parent)
    {
        (parent["request"] as JsonObject)?.Remove("body");
        (parent["response"] as JsonObject)?.Remove("body");
    }
}
