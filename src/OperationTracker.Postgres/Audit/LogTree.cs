using Npgsql;
using OperationTracker.Core.Audit;

namespace OperationTracker.Postgres.Audit;

/// <summary>
/// The Merkle tree over the log. The hashes of complete subtrees of 256, 65,536 and 16,777,216 leaves are stored, so
/// that a root or a proof reads a few hundred rows however long the log is; all others are computed when they are asked
/// for. Built beside the append, by whoever comes first.
/// </summary>
public sealed class LogTree(TrackerDatabase database)
{
    /// <summary>Between two stored levels: a node has 2^8 descendants at the level below.</summary>
    private const int LevelStep = MerkleTree.BlockHeight;

    private const int HighestLevel = 3 * LevelStep;

    /// <summary>Blocks that are built at once, by somebody who waits for them.</summary>
    private const int BlocksAtOnce = 64;

    /// <summary>Blocks that are built at once beside the requests: a few milliseconds of a processor.</summary>
    private const int BlocksBeside = 2;

    /// <summary>How many events are in the log.</summary>
    public async Task<long> SizeAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        return (await ExtentAsync(connection, LevelStep, cancel).ConfigureAwait(false)).Size;
    }

    /// <summary>Stores what can be stored of the tree; returns how many nodes that were.</summary>
    public Task<long> BuildAsync(CancellationToken cancel) => BuildAsync(BlocksAtOnce, _ => Task.CompletedTask, cancel);

    /// <summary>The same in small pieces, after each of which <paramref name="rest"/> is waited for.</summary>
    internal Task<long> BuildBesideAsync(Func<CancellationToken, Task> rest, CancellationToken cancel) =>
        BuildAsync(BlocksBeside, rest, cancel);

    private async Task<long> BuildAsync(int blocksAtOnce, Func<CancellationToken, Task> rest, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        var (built, below) = (0L, (long?)null);
        for (var level = LevelStep; level <= HighestLevel; level += LevelStep)
        {
            var (size, next) = await ExtentAsync(connection, level, cancel).ConfigureAwait(false);
            // Of the level below, what this round has seen there: the log goes on meanwhile.
            for (var complete = (below ?? size) >> LevelStep; next < complete;)
            {
                var to = Math.Min(next + (level == LevelStep ? blocksAtOnce : 1), complete);
                var hashes = level == LevelStep
                    ? await BlocksAsync(connection, next, to, cancel).ConfigureAwait(false)
                    : [await RootOfNodesAsync(connection, level - LevelStep, next, cancel).ConfigureAwait(false)];
                await StoreAsync(connection, level, next, hashes, cancel).ConfigureAwait(false);
                built += hashes.Length;
                next = to;
                await rest(cancel).ConfigureAwait(false);
            }

            below = next;
        }

        return built;
    }

    /// <summary>The root over the first so many leaves. The tree must have been built.</summary>
    public Task<byte[]> RootAsync(long size, CancellationToken cancel) =>
        size == 0 ? Task.FromResult(MerkleTree.EmptyRoot()) : HashAsync(new Subtree(0, size), cancel);

    /// <summary>The hash of a subtree. The tree must have been built.</summary>
    public async Task<byte[]> HashAsync(Subtree subtree, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        return await HashAsync(connection, subtree, cancel).ConfigureAwait(false);
    }

    /// <summary>The stored hashes of blocks of 256 leaves, from one block up to, but not including, another.</summary>
    public async Task<IReadOnlyDictionary<long, byte[]>> StoredBlocksAsync(long from, long to, CancellationToken cancel)
    {
        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        return await NodesAsync(connection, LevelStep, from, to, cancel).ConfigureAwait(false);
    }

    private async Task<byte[]> HashAsync(NpgsqlConnection connection, Subtree subtree, CancellationToken cancel)
    {
        var (from, to) = subtree;
        var leaves = to - from;
        if (leaves <= MerkleTree.BlockSize)
            return MerkleFrontier.RootOf(await LeavesAsync(connection, from, to, cancel).ConfigureAwait(false));
        if (long.IsPow2(leaves) && from % leaves == 0)
        {
            var level = Math.Min((int)long.Log2(leaves) / LevelStep * LevelStep, HighestLevel);
            var (first, end) = (from >> level, to >> level);
            var nodes = await NodesAsync(connection, level, first, end, cancel).ConfigureAwait(false);
            if (nodes.Count == end - first)
                return MerkleFrontier.RootOf(nodes.Values);
            // Not built so far; rare, for who asks builds first.
        }

        var middle = from + MerkleTree.SplitOf(leaves);
        var left = await HashAsync(connection, new Subtree(from, middle), cancel).ConfigureAwait(false);
        var right = await HashAsync(connection, new Subtree(middle, to), cancel).ConfigureAwait(false);
        return MerkleTree.NodeHash(left, right);
    }

    private async Task<(long Size, long Next)> ExtentAsync(
        NpgsqlConnection connection, int level, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "tree_extent").With((short)level);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await rows.ReadAsync(cancel).ConfigureAwait(false);
        return (rows.GetInt64(0), rows.GetInt64(1));
    }

    private async Task<byte[][]> BlocksAsync(NpgsqlConnection connection, long from, long to, CancellationToken cancel)
    {
        var leaves = await LeavesAsync(
            connection, from * MerkleTree.BlockSize, to * MerkleTree.BlockSize, cancel).ConfigureAwait(false);
        return [.. leaves.Chunk(MerkleTree.BlockSize).Select(MerkleFrontier.RootOf)];
    }

    private async Task<byte[]> RootOfNodesAsync(
        NpgsqlConnection connection, int level, long parent, CancellationToken cancel)
    {
        var children = await NodesAsync(
            connection, level, parent << LevelStep, (parent + 1) << LevelStep, cancel).ConfigureAwait(false);
        return children.Count == 1 << LevelStep
            ? MerkleFrontier.RootOf(children.Values)
            : throw new InvalidDataException(
                "Nodes of the log's tree are missing; empty tree_nodes to have it built anew.");
    }

    private async Task<List<byte[]>> LeavesAsync(
        NpgsqlConnection connection, long from, long to, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "tree_leaves").With(from).With(to);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var leaves = new List<byte[]>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            leaves.Add(EventSeal.LeafOf(rows.GetFieldValue<byte[]>(2), rows.GetInt64(1)));
        return leaves.Count == to - from
            ? leaves
            : throw new InvalidDataException($"Positions between {from + 1} and {to} are missing.");
    }

    private async Task<SortedDictionary<long, byte[]>> NodesAsync(
        NpgsqlConnection connection, int level, long from, long to, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "tree_nodes").With((short)level).With(from).With(to);
        await using var rows = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var nodes = new SortedDictionary<long, byte[]>();
        while (await rows.ReadAsync(cancel).ConfigureAwait(false))
            nodes.Add(rows.GetInt64(0), rows.GetFieldValue<byte[]>(1));
        return nodes;
    }

    private async Task StoreAsync(
        NpgsqlConnection connection, int level, long first, byte[][] hashes, CancellationToken cancel)
    {
        await using var command = database.Command(connection, "tree_store")
            .With((short)level).With<long[]>([.. hashes.Select((_, i) => first + i)]).With(hashes);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }
}
