using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>Whatever comes, from a sender or another application: nothing throws, nothing is lost silently.</summary>
public sealed class TotalityLaws
{
    private static readonly string[] Splices =
    [
        "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\u0000", "\\u", "\\", "\"", "{", "}", "[", "]", ",", ":",
        "null", "-", "1e999",
        "\"\\ud800\":1,", "\"uri\\ud800\":1,", "\"\\udc00uri\":1,", "\"\\u0000\":1,", "\"st\\u0061tus\":\"failed\",",
        "\"a\":{\"b\":1,\"\\u0062\":2},",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "\uFEFF", "//", "NaN", "0001", "{}", "[]",
        "\"request\":{},", "\"response\":[],",
    ];

    /// <summary>Values that another application may put where ours stand, or that no document of ours has.</summary>
    private static readonly string[] OddValues =
    [
        "null", "{}", "[]", "0", "-1", "2147483647", "2147483648", "1.5", "\"\"", "\"canceled, failed\"",
        "\"3\"", "\"COMPLETED\"",
        "[null]", "[[]]", "[{}]", "true", "\"/\"", "\"/-\"", "\"/request\"", "\"/status\"", "\"/target_clusters/-\"",
        "\"remove\"", "\"add\"",
        "\"move\"", "\"{\\\"a\\\":1,\\\"a\\\":2}\"", "\"{\"", "\" 1\"",
        "\"{ \\\"a\\\" : 1 }\"", "\"\\\"\\\\u0041\\\"\"",
        """[{"op":"add","path":"/x","json":"{\"a\":{}}"},{"op":"add","path":"/x/a/-","json":"1"}]""",
        """[{"op":"replace","path":"/request","json":"null"},{"op":"add","path":"/request/uri","json":"1"}]""",
        """[{"op":"add","path":"/x","json":"\"\\ud800\""}]""",
        """[{"op":"add","path":"/x","json":"{\"\\udc00\":1}"}]""",
        """[{"name":"x","json":"{\"a\":\"\\ud800\"}"}]""", """[{"name":"x","json":"\"\\ud800\""}]""",
        """[{"name":"y","json":"{\"\\ud800\":1}"}]""",
        """[{"name":"x","json":"\"\\u0041\\/\""},{"name":"y","json":" 1e2 "}]""",
        """[{"name":"x","json":"[1, 2]"}]""", """[{"name":"status","json":"\"failed\""}]""",
        """[{"name":null,"json":"1"}]""",
    ];

    [Fact]
    public void Reading_garbage_gives_faults() =>
        Law.Check(Gen.Choose(0, int.MaxValue - 1).Select(Garbage).ToArbitrary(), ShouldReadOrTellFaults);

    [Fact]
    public void Reading_a_spoilt_document_gives_faults_or_the_document_that_it_is() =>
        Law.Check(
            Gen.Choose(0, int.MaxValue - 1).Zip(DocumentGenerator.Sequences.Generator)
                .Select(pair => Spoilt(pair.Item2.Texts[0], new Random(pair.Item1))).ToArbitrary(),
            ShouldReadOrTellFaults, Law.Cases * 5);

    [Fact]
    public void Reading_a_document_that_breaks_off_gives_faults() =>
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            var whole = Encoding.UTF8.GetString(sequence.Texts[0]).TrimEnd();
            var text = Encoding.UTF8.GetBytes(whole);
            for (var length = 0; length < text.Length; length += 1 + (text.Length / 50))
                OperationJson.Read(text.AsSpan(0, length)).Faults.ShouldNotBeEmpty();
        }, Law.Cases / 4);

    [Fact]
    public void Any_event_can_be_applied_to_any_state_and_any_document_decided_upon_it() =>
        Law.Check(
            Gen.Choose(0, int.MaxValue - 1).Zip(DocumentGenerator.Pairs.Generator)
                .Select(pair => (Seed: pair.Item1, pair.Item2.First, pair.Item2.Second)).ToArbitrary(),
            input =>
            {
                var random = new Random(input.Seed);
                var events = EventsOf(input.First).Concat(EventsOf(input.Second)).ToArray();
                random.Shuffle(events);
                var state = OperationState.Initial;
                foreach (var @event in events.Prepend(EventsOf(input.First)[0]))
                {
                    var stored = random.Next(2) == 0 ? Estranged(@event, random) : @event;
                    var next = OperationProjection.Apply(state, stored);
                    next.Version.ShouldBe(state.Version + 1);
                    state = next;
                    if (state.Document is not null)
                        ShouldBeTheSameAfterReload(state.Document);
                    foreach (var wanted in input.Second.Documents)
                    {
                        if (OperationDecision.Of(state, wanted) is OperationDecision.Change change)
                            OperationProjection.Fold(state, change.Events).Document.ShouldBe(wanted);
                    }
                }
            });

    [Fact]
    public void Every_kind_of_event_can_be_applied_to_no_document() =>
        Law.Check(DocumentGenerator.Sequences, sequence =>
        {
            foreach (var @event in EventsOf(sequence).Append(null))
            {
                var state = OperationProjection.Apply(OperationState.Initial, @event);
                (state.Document is not null).ShouldBe(@event is OperationRegistered);
                state.Version.ShouldBe(1);
            }
        }, Law.Cases / 4);

    /// <summary>A document loaded from its bytes is the one that was folded, or the bytes cannot be read.</summary>
    private static void ShouldBeTheSameAfterReload(OperationDocument document)
    {
        var served = OperationJson.Write(document);
        if (OperationJson.Read(served).Document is not { } reloaded)
            return;
        reloaded.ShouldBe(document);
        Encoding.UTF8.GetString(OperationJson.Write(reloaded)).ShouldBe(Encoding.UTF8.GetString(served));
    }

    private static void ShouldReadOrTellFaults(byte[] text)
    {
        var (document, faults) = OperationJson.Read(text);
        (document is null).ShouldBe(faults.Count > 0);
        if (document is null)
            return;
        JsonTree.Parse(OperationJson.Write(document)).Canonical()
            .ShouldBe(JsonTree.Parse(DocumentSequence.WithoutMark(text)).Canonical());
    }

    private static byte[] Garbage(int seed)
    {
        var random = new Random(seed);
        if (random.Next(2) == 0)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            return bytes;
        }

        return Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => Splices[random.Next(Splices.Length)])));
    }

    private static byte[] Spoilt(byte[] text, Random random)
    {
        var spoilt = text.ToList();
        for (var left = random.Next(1, 3); left > 0; left--)
        {
            // Mostly where a string or a structure begins, for elsewhere the text is no JSON any more and soon refused.
            var at = random.Next(spoilt.Count);
            var start = random.Next(4) == 0 ? at : spoilt.FindIndex(at, unit => "\"{[".Contains((char)unit));
            start = start < 0 ? at : start + random.Next(2);
            switch (random.Next(4))
            {
                case 0: spoilt.RemoveRange(at, Math.Min(random.Next(1, 4), spoilt.Count - at - 1)); break;
                case 1: spoilt[at] = (byte)random.Next(256); break;
                default: spoilt.InsertRange(start, Encoding.UTF8.GetBytes(Splices[random.Next(Splices.Length)])); break;
            }
        }

        return [.. spoilt];
    }

    /// <summary>The event as another application might have written it; null when it is none of ours then.</summary>
    private static OperationEvent? Estranged(OperationEvent @event, Random random)
    {
        var tree = JsonTree.Parse(OperationEventTypes.Write(@event));
        var parents = tree.All().Where(place => place.Members.Count > 0).ToArray();
        var parent = parents[random.Next(parents.Length)];
        var name = random.Next(4) == 0 ? "unknown_members" : parent.Members[random.Next(parent.Members.Count)].Name;
        parent.Set(name, random.Next(8) == 0 ? null : JsonTree.Parse(OddValues[random.Next(OddValues.Length)]));
        return OperationEventTypes.TryRead(OperationEventTypes.AliasOf(@event), tree.InOrder());
    }

    private static List<OperationEvent> EventsOf(DocumentSequence sequence)
    {
        var (state, all) = (OperationState.Initial, new List<OperationEvent>());
        foreach (var wanted in sequence.Documents)
        {
            var events = OperationDecision.Of(state, wanted).Events();
            state = OperationProjection.Fold(state, events);
            all.AddRange(events);
        }

        return all;
    }
}
