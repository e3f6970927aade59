namespace OperationTracker.Core.Audit;

/// <summary>
/// Goes through the log in the order of positions: no gap, each event there, the tree over the links the one of the
/// checkpoints. Where blocks of hashes were stored, or kept elsewhere, they tell which part of the log differs.
/// </summary>
/// <param name="size">How many positions there are.</param>
/// <param name="checkpoints">Checkpoints of the log, with blocks or without.</param>
/// <param name="report">Is told what is found.</param>
/// <param name="isFoundWithin">Whether something has been told already of a range of positions.</param>
public sealed class LogOrderAudit(
    long size, IReadOnlyList<KeptCheckpoint> checkpoints, Action<AuditFinding> report,
    Func<long, long, bool> isFoundWithin)
{
    private readonly MerkleFrontier _tree = new();
    private readonly Dictionary<long, byte[]> _roots = [];
    private readonly HashSet<long> _sizes = [.. checkpoints.Select(kept => kept.Checkpoint.Size)];
    private readonly IReadOnlyList<byte[]> _kept =
        checkpoints.Select(kept => kept.Blocks ?? []).MaxBy(blocks => blocks.Count) ?? [];

    private IReadOnlyDictionary<long, byte[]> _stored = new Dictionary<long, byte[]>();
    private MerkleFrontier _block = new();

    /// <summary>Says what hashes of blocks are stored for the positions that come next.</summary>
    public void NextStoredBlocks(IReadOnlyDictionary<long, byte[]> blocks) => _stored = blocks;

    /// <summary>Looks at the next position.</summary>
    public void Add(long position, long sequenceNumber, byte[] link, bool hasEvent)
    {
        FillTo(position - 1);
        if (!hasEvent)
            report(new AuditFinding(
                AuditFindingKind.Removed, null, null, position, "the event at this position is missing"));
        Append(EventSeal.LeafOf(link, sequenceNumber));
    }

    /// <summary>Looks at what only the whole log tells; returns the root over it.</summary>
    public byte[] End()
    {
        FillTo(size);
        var good = 0L;
        foreach (var (checkpoint, _) in checkpoints.OrderBy(kept => kept.Checkpoint.Size))
        {
            if (checkpoint.Size > size)
            {
                report(new AuditFinding(
                    AuditFindingKind.Cut, null, null, size + 1,
                    $"the log ends at position {size}; the checkpoint covers {checkpoint.Size}"));
            }
            else if (!RootAt(checkpoint.Size).AsSpan().SequenceEqual(checkpoint.Root.Span))
            {
                report(new AuditFinding(
                    AuditFindingKind.Changed, null, null, good + 1,
                    $"between positions {good + 1} and {checkpoint.Size} the log is not that of the checkpoint"));
            }
            else
            {
                good = checkpoint.Size;
            }
        }

        return _tree.Root();
    }

    private byte[] RootAt(long at) => at == 0 ? MerkleTree.EmptyRoot() : _roots[at];

    /// <summary>
    /// Reports positions that are not there and holds their places, so that those behind keep theirs.
    /// </summary>
    private void FillTo(long position)
    {
        if (_tree.Size >= position)
            return;
        report(new AuditFinding(
            AuditFindingKind.Removed, null, null, _tree.Size + 1,
            $"positions {_tree.Size + 1} to {position} are missing"));
        while (_tree.Size < position)
            Append(new byte[EventSeal.HashLength]);
    }

    private void Append(byte[] leaf)
    {
        _tree.Append(leaf);
        _block.Append(leaf);
        if (_sizes.Contains(_tree.Size))
            _roots[_tree.Size] = _tree.Root();
        if (_block.Size < MerkleTree.BlockSize)
            return;
        CheckBlock((_tree.Size / MerkleTree.BlockSize) - 1, _block.Root());
        _block = new MerkleFrontier();
    }

    private void CheckBlock(long block, byte[] root)
    {
        var differs = (_stored.TryGetValue(block, out var stored) && !stored.AsSpan().SequenceEqual(root))
            || (block < _kept.Count && !_kept[(int)block].AsSpan().SequenceEqual(root));
        var (from, to) = ((block * MerkleTree.BlockSize) + 1, (block + 1) * MerkleTree.BlockSize);
        if (differs && !isFoundWithin(from, to))
        {
            report(new AuditFinding(
                AuditFindingKind.Changed, null, null, from,
                $"positions {from} to {to} are not those of which the hash was kept"));
        }
    }
}

/// <summary>
/// A checkpoint that was kept elsewhere, with the hashes of its blocks of 256 events where they were kept too.
/// </summary>
public sealed record KeptCheckpoint(Checkpoint Checkpoint, IReadOnlyList<byte[]>? Blocks);
