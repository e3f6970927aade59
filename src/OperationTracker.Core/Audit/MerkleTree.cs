using System.Numerics;
using System.Security.Cryptography;

namespace OperationTracker.Core.Audit;

/// <summary>
/// The Merkle tree of RFC 6962 (and 9162) over the log: its leaves are the events in the order of positions, the leaf
/// of position n having the index n - 1. Pure functions over the hashes of subtrees, wherever these come from.
/// </summary>
public static class MerkleTree
{
    /// <summary>
    /// The height of the subtrees whose hashes are stored, exported and kept beside checkpoints: its blocks.
    /// </summary>
    public const int BlockHeight = 8;

    /// <summary>
    /// Leaves of a block: few enough to be hashed again in no time, many enough that hashes of blocks are few.
    /// </summary>
    public const int BlockSize = 1 << BlockHeight;

    /// <summary>The root of a tree without leaves: SHA-256 of nothing.</summary>
    public static byte[] EmptyRoot() => SHA256.HashData([]);

    /// <summary>The hash of a leaf.</summary>
    public static byte[] LeafHash(ReadOnlySpan<byte> leaf)
    {
        Span<byte> bytes = stackalloc byte[1 + leaf.Length];
        leaf.CopyTo(bytes[1..]);
        return SHA256.HashData(bytes);
    }

    /// <summary>The hash of a node over its two children.</summary>
    public static byte[] NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> bytes = stackalloc byte[1 + 2 * EventSeal.HashLength];
        bytes[0] = 1;
        left.CopyTo(bytes[1..]);
        right.CopyTo(bytes[(1 + EventSeal.HashLength)..]);
        return SHA256.HashData(bytes);
    }

    /// <summary>
    /// The path from a leaf to the root of a tree: which subtrees' hashes prove that the leaf is in it, the nearest
    /// first.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The tree has no such leaf.</exception>
    public static IReadOnlyList<Subtree> InclusionPath(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<Subtree>();
        var (from, to) = (0L, size);
        while (to - from > 1)
        {
            var middle = from + SplitOf(to - from);
            path.Add(index < middle ? new Subtree(middle, to) : new Subtree(from, middle));
            (from, to) = index < middle ? (from, middle) : (middle, to);
        }

        path.Reverse();
        return path;
    }

    /// <summary>Which subtrees' hashes prove that the tree of one size is the beginning of that of another.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The sizes are not in this order, or the first is 0.</exception>
    public static IReadOnlyList<Subtree> ConsistencyPath(long size, long laterSize)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, laterSize);
        var path = new List<Subtree>();
        var (from, to, whole) = (0L, laterSize, true);
        while (size != to)
        {
            var middle = from + SplitOf(to - from);
            path.Add(size <= middle ? new Subtree(middle, to) : new Subtree(from, middle));
            whole &= size <= middle;
            (from, to) = size <= middle ? (from, middle) : (middle, to);
        }

        if (!whole)
            path.Add(new Subtree(from, to));
        path.Reverse();
        return path;
    }

    /// <summary>Whether the path proves the leaf's hash under the root.</summary>
    public static bool ProvesInclusion(
        long index, long size, ReadOnlySpan<byte> leafHash, IReadOnlyList<byte[]> path, ReadOnlySpan<byte> root)
    {
        if (index < 0 || index >= size)
            return false;
        var hash = leafHash.ToArray();
        var (node, last) = (index, size - 1);
        foreach (var sibling in path)
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                hash = NodeHash(sibling, hash);
                for (; (node & 1) == 0 && node != 0; node >>= 1, last >>= 1)
                {
                }
            }
            else
            {
                hash = NodeHash(hash, sibling);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 && hash.AsSpan().SequenceEqual(root);
    }

    /// <summary>The greatest power of two below the number of leaves: how many are in the left subtree.</summary>
    public static long SplitOf(long leaves) => 1L << (63 - BitOperations.LeadingZeroCount((ulong)(leaves - 1)));
}

/// <summary>The subtree over the leaves from one index up to, but not including, another.</summary>
public readonly record struct Subtree(long From, long To);
