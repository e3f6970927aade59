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
    public void Append(byte[] leafHash)
    {
        var hash = leafHash;
        for (var complete = Size; (complete & 1) == 1; complete >>= 1)
        {
            hash = MerkleTree.NodeHash(_subtrees[^1], hash);
            _subtrees.RemoveAt(_subtrees.Count - 1);
        }

        _subtrees.Add(hash);
        Size++;
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
