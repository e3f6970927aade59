namespace OperationTracker.Core.Audit;

/// <summary>
/// A tree that grows leaf by leaf and of which only the right edge is kept: the roots of the complete subtrees that it
/// falls into. Memory is logarithmic in its size.
/// </summary>
public sealed class MerkleFrontier
{
    private readonly List<byte[]> _subtrees = [];

    /// <summary>How many leaves there are.</summary>
    public long Size { get; private set; }

    /// <summary>Adds a leaf by its hash.</summary>
    public void Append(byte[] leafHash) => Append(leafHash, height: 0);

    /// <summary>
    /// Adds a complete subtree of 2^<paramref name="height"/> leaves, where so many more fall into one.
    /// </summary>
    /// <exception cref="ArgumentException">The tree's size is no multiple of the subtree's.</exception>
    public void Append(byte[] hash, int height)
    {
        if ((Size & ((1L << height) - 1)) != 0)
            throw new ArgumentException("The subtree does not fall into one of the tree's.", nameof(height));
        for (var complete = Size >> height; (complete & 1) == 1; complete >>= 1)
        {
            hash = MerkleTree.NodeHash(_subtrees[^1], hash);
            _subtrees.RemoveAt(_subtrees.Count - 1);
        }

        _subtrees.Add(hash);
        Size += 1L << height;
    }

    /// <summary>The root over all leaves so far.</summary>
    public byte[] Root()
    {
        if (Size == 0)
            return MerkleTree.EmptyRoot();
        var root = _subtrees[^1];
        for (var i = _subtrees.Count - 2; i >= 0; i--)
            root = MerkleTree.NodeHash(_subtrees[i], root);
        return root;
    }

    /// <summary>The root over these leaves.</summary>
    public static byte[] RootOf(IEnumerable<byte[]> leafHashes)
    {
        var frontier = new MerkleFrontier();
        foreach (var hash in leafHashes)
            frontier.Append(hash);
        return frontier.Root();
    }
}
