using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>Documents as real controllers send them.</summary>
public sealed class SampleTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Samples");

    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. Directory
        .EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Folder, file))
        .Where(name => !name.Contains("nul_character", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_sample_comes_back_as_it_was_sent_in_the_order_of_the_table(string name)
    {
        var sent = JsonTree.Parse(File.ReadAllBytes(Path.Combine(Folder, name)));
        var written = JsonTree.Parse(OperationJson.Write(Read(name)));

        written.Canonical().ShouldBe(sent.Canonical());
        ShouldBeInOrder(written, DocumentSource.DocumentNames);
        ShouldBeInOrder(written["request"], DocumentSource.RequestNames);
        ShouldBeInOrder(written["response"], DocumentSource.ResponseNames);
        ShouldBeInOrder(written["rollbacks"], DocumentSource.RollbackNames);
        foreach (var cluster in Clusters(written).Concat(Clusters(written["rollbacks"])))
        {
            ShouldBeInOrder(cluster, DocumentSource.ClusterNames);
            ShouldBeInOrder(cluster["request"], DocumentSource.RequestNames);
            ShouldBeInOrder(cluster["response"], DocumentSource.ResponseNames);
        }
    }

    [Fact]
    public void The_null_character_is_refused_at_its_place() =>
        OperationJson.Read(File.ReadAllBytes(Path.Combine(Folder, "quirks/q5_nul_character_in_body.json"))).Faults
            .ShouldBe([new DocumentFault(
                FaultKind.Format, "/response/body", "holds U+0000, which cannot be stored")]);

    [Theory]
    [InlineData("multi_cluster", "08_multi_cluster_partial_responses.json",
        "09_multi_cluster_failed_rollback_completed.json")]
    [InlineData("single_cluster", "01_unexecuted.json", "03_completed_201_object_id.json",
        "quirks/q4_null_sub_status.json")]
    [InlineData("canceled", "06_canceled_without_response.json",
        "quirks/q1_canceled_response_without_status_code.json")]
    public void A_story_of_several_puts_is_told_by_these_events(string story, params string[] names)
    {
        var (state, told) = (OperationState.Initial, new JsonArray());
        foreach (var name in names)
        {
            var events = OperationDecision.Of(state, Read(name)).Events();
            state = OperationProjection.Fold(state, events);
            foreach (var @event in events)
            {
                told.Add(new JsonObject
                {
                    ["put"] = name,
                    ["type"] = OperationEventTypes.AliasOf(@event),
                    ["data"] = JsonNode.Parse(OperationEventTypes.Write(@event)),
                });
            }

            state.Document.ShouldBe(Read(name));
        }

        (told.ToJsonString(Readable) + "\n").ShouldMatchApproved($"story_{story}.json");
    }

    private static OperationDocument Read(string name)
    {
        var (document, faults) = OperationJson.Read(File.ReadAllBytes(Path.Combine(Folder, name)));
        faults.ShouldBeEmpty();
        return document!;
    }

    private static List<JsonTree> Clusters(JsonTree? parent) => parent?["target_clusters"]?.Items ?? [];

    private static void ShouldBeInOrder(JsonTree? tree, string[] known)
    {
        var places = (tree?.Members ?? []).Select(member => Array.IndexOf(known, member.Name));
        places.Select(place => place < 0 ? known.Length : place).ShouldBeInOrder();
    }
}
