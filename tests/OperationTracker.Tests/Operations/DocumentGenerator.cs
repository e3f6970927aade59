using System.Text;
using FsCheck;
using FsCheck.Fluent;
using OperationTracker.Core.Operations;

namespace OperationTracker.Tests.Operations;

/// <summary>
/// What a sender says of one operation, PUT after PUT: each document made from the one before by a few changes,
/// realistic and nasty. As text, and as the product reads it.
/// </summary>
internal sealed record DocumentSequence(IReadOnlyList<byte[]> Texts, IReadOnlyList<OperationDocument> Documents)
{
    public static DocumentSequence Of(IReadOnlyList<byte[]> texts) => new(
        texts, [.. texts.Select(text => OperationJson.Read(text) is { Document: { } document }
            ? document
            : throw new ShouldAssertException(
                $"Refused: {string.Join("; ", OperationJson.Read(text).Faults)}\n{Encoding.UTF8.GetString(text)}"))]);

    /// <summary>The documents one a line, in the sender's spelling.</summary>
    public override string ToString() =>
        "\n" + string.Join("\n", Texts.Select(text => JsonTree.Parse(WithoutMark(text)).InOrder()));

    public static ReadOnlyMemory<byte> WithoutMark(byte[] text) =>
        text is [0xef, 0xbb, 0xbf, ..] ? text.AsMemory(3) : text;
}

/// <summary>Makes sequences of documents: all that the contract allows, its corners more often than in life.</summary>
internal static class DocumentGenerator
{
    private const int LongestSequence = 6;

    /// <summary>Any sequence of 2 to 6 documents. Shrinks by documents, then by single members and elements.</summary>
    public static Arbitrary<DocumentSequence> Sequences { get; } =
        Arb.ToArbitrary(SequenceGen, Shrink);

    /// <summary>Two sequences that have nothing to do with each other.</summary>
    public static Arbitrary<(DocumentSequence First, DocumentSequence Second)> Pairs { get; } =
        Arb.ToArbitrary(SequenceGen.Two().Select(pair => (First: pair.Item1, Second: pair.Item2)), pair =>
            Shrink(pair.First).Select(first => (first, pair.Second))
                .Concat(Shrink(pair.Second).Select(second => (pair.First, second))));

    /// <summary>Many sequences at once, for what is dear to begin with. Shrinks to halves, then to one.</summary>
    public static Arbitrary<DocumentSequence[]> Batches(int size) => Arb.ToArbitrary(SequenceGen.ArrayOf(size), batch =>
        batch.Length == 1
            ? Shrink(batch[0]).Select(sequence => new[] { sequence })
            : [batch[..(batch.Length / 2)], batch[(batch.Length / 2)..]]);

    private static Gen<DocumentSequence> SequenceGen =>
        Gen.Choose(0, int.MaxValue - 1).Select(seed => Make(new Random(seed)));

    private static DocumentSequence Make(Random random)
    {
        var source = new DocumentSource(random);
        var tree = source.Document();
        var texts = new List<byte[]> { SenderWriter.Write(tree, random) };
        var mutations = new DocumentMutations(random, source);
        for (var left = random.Next(1, LongestSequence); left > 0; left--)
        {
            tree = mutations.Next(tree);
            texts.Add(SenderWriter.Write(tree, random));
        }

        return DocumentSequence.Of(texts);
    }

    private static IEnumerable<DocumentSequence> Shrink(DocumentSequence sequence)
    {
        var texts = sequence.Texts;
        for (var i = 0; i < texts.Count && texts.Count > 1; i++)
            yield return DocumentSequence.Of([.. texts.Where((_, index) => index != i)]);
        for (var i = 0; i < texts.Count; i++)
        {
            var tree = JsonTree.Parse(DocumentSequence.WithoutMark(texts[i]));
            foreach (var smaller in Smaller(tree))
            {
                var text = Encoding.UTF8.GetBytes(smaller);
                if (OperationJson.Read(text).Document is not null)
                    yield return DocumentSequence.Of([.. texts.Select((old, index) => index == i ? text : old)]);
            }
        }
    }

    private static IEnumerable<string> Smaller(JsonTree tree)
    {
        var size = tree.All().Count();
        for (var node = 0; node < size; node++)
        {
            var children = tree.All().ElementAt(node) is var parent ? parent.Members.Count + parent.Items.Count : 0;
            for (var child = 0; child < children; child++)
            {
                var copy = tree.Clone();
                var target = copy.All().ElementAt(node);
                if (target.IsObject)
                    target.Members.RemoveAt(child);
                else
                    target.Items.RemoveAt(child);
                yield return copy.InOrder();
            }
        }
    }
}
