using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>The laws of deciding and folding, over sequences of documents.</summary>
public sealed partial class OperationLaws
{
    [Fact]
    public void Arrival_the_events_of_a_change_make_the_wanted_document() =>
        Law.Check(DocumentGenerator.Sequences, sequence => Walk(sequence, (before, wanted, change) =>
        {
            var after = OperationProjection.Fold(before, change.Events);
            after.Document.ShouldBe(wanted);
            after.Version.ShouldBe(before.Version + change.Events.Count);
            after.DocumentVersion.ShouldBe(after.Version);
            after.Refusals.ShouldBeEmpty();
        }));

    [Fact]
    public void Rest_deciding_again_yields_nothing() =>
        Law.Check(DocumentGenerator.Sequences, sequence => Walk(sequence, (before, wanted, change) =>
            OperationDecision.Of(OperationProjection.Fold(before, change.Events), wanted)
                .ShouldBe(new OperationDecision.Nothing())));

    [Fact]
    public void No_idle_event_each_event_of_a_change_alters_the_document() =>
        Law.Check(DocumentGenerator.Sequences, sequence => Walk(sequence, (state, wanted, change) =>
        {
            change.Events.ShouldNotBeEmpty();
            foreach (var @event in change.Events)
            {
                var next = OperationProjection.Apply(state, @event);
                next.Document.ShouldNotBe(state.Document, @event.ToString());
                next.DocumentVersion.ShouldBe(next.Version);
                @event.LastUpdateTime.ShouldBe(wanted.LastUpdateTime);
                state = next;
            }
        }));

    [Fact]
    public void Prefix_each_change_ends_at_the_bytes_that_were_served_then() =>
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            // One state is carried on as a database keeps it, by the bytes served; the other is folded from all events.
            var (kept, folded) = (OperationState.Initial, OperationState.Initial);
            foreach (var wanted in sequence.Documents)
            {
                var events = OperationDecision.Of(kept, wanted).Events();
                var stored = events.Select(Stored).ToArray();
                kept = Reloaded(OperationProjection.Fold(kept, events));
                folded = OperationProjection.Fold(folded, stored);
                Encoding.UTF8.GetString(OperationJson.Write(folded.Document!))
                    .ShouldBe(Encoding.UTF8.GetString(OperationJson.Write(kept.Document!)));
                folded.ShouldBe(kept);
            }
        });

    [Fact]
    public void Refusal_a_status_going_back_changes_nothing_and_is_noted_once() =>
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            var state = OperationState.Initial;
            var noted = new HashSet<string>();
            JsonTree? standing = null;
            // Each document twice, for a sender that repeats at once.
            foreach (var (text, wanted) in sequence.Texts.Zip(sequence.Documents).SelectMany(put => new[] { put, put }))
            {
                var tree = JsonTree.Parse(DocumentSequence.WithoutMark(text));
                var decision = OperationDecision.Of(state, wanted);
                var after = OperationProjection.Fold(state, decision.Events());
                if (standing is not null && Rank(tree) < Rank(standing))
                {
                    var refusal = decision.ShouldBeOfType<OperationDecision.Refusal>();
                    (refusal.From, refusal.To).ShouldBe((state.Document!.Status, wanted.Status));
                    (refusal.Record is not null).ShouldBe(noted.Add(tree.Canonical()));
                    refusal.Record?.Document.ShouldBe(wanted);
                    (after.Document, after.DocumentVersion).ShouldBe((state.Document, state.DocumentVersion));
                    after.Refusals.Count.ShouldBe(noted.Count);
                }
                else
                {
                    decision.ShouldNotBeOfType<OperationDecision.Refusal>();
                    if (tree.Canonical() != standing?.Canonical())
                        noted.Clear();
                    after.Refusals.Count.ShouldBe(noted.Count);
                    standing = tree;
                }

                state = after;
            }
        });

    [Fact]
    public void At_most_a_hundred_refusals_are_noted_between_two_changes()
    {
        var state = After(OperationState.Initial, DocumentAt(OperationStatus.Executing, 0));

        for (var i = 0; i < 150; i++)
            state = After(state, DocumentAt(OperationStatus.Unexecuted, i));
        state.Version.ShouldBe(101);
        state.Refusals.Count.ShouldBe(100);

        state = After(state, DocumentAt(OperationStatus.Executing, 1));
        state.Refusals.ShouldBeEmpty();
        OperationDecision.Of(state, DocumentAt(OperationStatus.Unexecuted, 0))
            .ShouldBeOfType<OperationDecision.Refusal>().Record.ShouldNotBeNull();
    }

    [Fact]
    public void An_amendment_says_nothing_that_another_event_can_say() =>
        Law.Check(DocumentGenerator.Sequences, sequence => Walk(sequence, (before, wanted, change) =>
        {
            foreach (var patch in change.Events.OfType<DocumentAmended>().SelectMany(amended => amended.Patch))
                CanBeSaidByAnEvent(patch, before.Document!, wanted).ShouldBeFalse($"{patch} among {change}");
        }));

    [Fact]
    public void Documents_are_equal_exactly_when_their_fingerprints_and_their_texts_are() =>
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            var all = sequence.Documents.Zip(sequence.Texts, (document, text) => (
                Document: document,
                Print: OperationJson.Fingerprint(document),
                Text: JsonTree.Parse(DocumentSequence.WithoutMark(text)).Canonical())).ToArray();
            foreach (var left in all)
            {
                foreach (var right in all)
                {
                    var equal = left.Text == right.Text;
                    left.Document.Equals(right.Document).ShouldBe(equal);
                    (left.Print == right.Print).ShouldBe(equal);
                    if (equal)
                        left.Document.GetHashCode().ShouldBe(right.Document.GetHashCode());
                }
            }
        });

    /// <summary>Shows each accepted change of a sequence, with the state before it and the document wanted.</summary>
    private static void Walk(
        DocumentSequence sequence, Action<OperationState, OperationDocument, OperationDecision.Change> onChange)
    {
        var state = OperationState.Initial;
        foreach (var wanted in sequence.Documents)
        {
            if (OperationDecision.Of(state, wanted) is not OperationDecision.Change change)
                continue;
            onChange(state, wanted, change);
            state = OperationProjection.Fold(state, change.Events);
        }
    }

    private static OperationState After(OperationState state, OperationDocument wanted) =>
        OperationProjection.Fold(state, OperationDecision.Of(state, wanted).Events());

    private static OperationEvent? Stored(OperationEvent @event)
    {
        var stored = OperationEventTypes.TryRead(
            OperationEventTypes.AliasOf(@event), OperationEventTypes.Write(@event));
        stored.ShouldBe(@event);
        return stored;
    }

    private static OperationState Reloaded(OperationState state) => state with
    {
        Document = OperationJson.Read(OperationJson.Write(state.Document!)).Document!,
        Refusals = [.. string.Join(' ', state.Refusals).Split(' ', StringSplitOptions.RemoveEmptyEntries)],
    };

    private static int Rank(JsonTree document) =>
        document["status"]!.Text switch { "unexecuted" => 0, "executing" => 1, _ => 2 };

    private static OperationDocument DocumentAt(OperationStatus status, int second) => new()
    {
        OperationId = "1",
        OccurredTime = "20261120_090000",
        LastUpdateTime = string.Create(CultureInfo.InvariantCulture, $"20261120_09{second / 60:d2}{second % 60:d2}"),
        Status = status,
        Request = new OperationRequest { Uri = "/", Method = RequestMethod.Put, Body = "" },
    };

    private static bool CanBeSaidByAnEvent(PatchOperation patch, OperationDocument before, OperationDocument wanted)
    {
        var isObject = patch.Json?.StartsWith('{') == true;
        if (patch.Path is "/status" or "/sub_status" or "/last_update_time"
            or "/rollbacks/result" or "/rollbacks/occurred_time")
            return true;
        if (patch.Path == "/rollbacks")
            return isObject;
        if (patch.Path == "/response" || patch.Path.StartsWith("/response/", StringComparison.Ordinal))
            return wanted.Response.HasValue && (before.Status != wanted.Status || before.Status.IsFinal());
        return CanBeSaidOfClusters(patch, "", before.TargetClusters, wanted.TargetClusters)
            || CanBeSaidOfClusters(
                patch, "/rollbacks", before.Rollbacks.Value?.TargetClusters ?? default,
                wanted.Rollbacks.Value?.TargetClusters ?? default);
    }

    private static bool CanBeSaidOfClusters(
        PatchOperation patch, string parent, Optional<ValueList<TargetCluster>> before,
        Optional<ValueList<TargetCluster>> wanted)
    {
        // Nothing but additions at the end and answers: the list needs no replacement.
        if (patch.Path == parent + "/target_clusters")
        {
            return before is { HasValue: true, Value.Count: > 0 } && wanted is { HasValue: true, Value.Count: > 0 }
                && wanted.Value.Select(cluster => cluster.ClusterId).Take(before.Value.Count)
                    .SequenceEqual(before.Value.Select(cluster => cluster.ClusterId));
        }

        var match = ResponsePath().Match(patch.Path);
        return match.Success && match.Groups[1].Value == parent && wanted.HasValue
            && int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) is var index
            && index < wanted.Value.Count && wanted.Value[index].Answer is not null;
    }

    [GeneratedRegex("^(|/rollbacks)/target_clusters/([0-9]+)/response(/|$)")]
    private static partial Regex ResponsePath();
}
