using OperationTracker.Core.Audit;
using OperationTracker.Core.Operations;

namespace OperationTracker.Postgres.Audit;

/// <summary>Makes checkpoints of the log, and proofs under them.</summary>
public sealed class AuditProofs(TrackerDatabase database)
{
    private readonly LogTree _tree = new(database);

    /// <summary>The log's head now.</summary>
    public async Task<Checkpoint> CheckpointAsync(string origin, DateTimeOffset time, CancellationToken cancel)
    {
        await _tree.BuildAsync(cancel).ConfigureAwait(false);
        var size = await _tree.SizeAsync(cancel).ConfigureAwait(false);
        return new Checkpoint(origin, size, await _tree.RootAsync(size, cancel).ConfigureAwait(false), time);
    }

    /// <summary>
    /// The hashes of the complete blocks of 256 events under a checkpoint: kept beside it, they tell which block was
    /// changed, whatever was done to the database's own.
    /// </summary>
    public async Task<IReadOnlyList<byte[]>> BlocksAsync(Checkpoint checkpoint, CancellationToken cancel) =>
        [.. (await _tree.StoredBlocksAsync(0, checkpoint.Size / MerkleTree.BlockSize, cancel)
            .ConfigureAwait(false)).Values];

    /// <summary>Proves the events of an operation under a checkpoint; null when it has none there.</summary>
    /// <exception cref="InvalidDataException">The log is not that of the checkpoint.</exception>
    public async Task<OperationProof?> ProveAsync(OperationId id, string note, CancellationToken cancel)
    {
        var checkpoint = Checkpoint.Parse(SignedNote.TextOf(note));
        await _tree.BuildAsync(cancel).ConfigureAwait(false);
        var size = await _tree.SizeAsync(cancel).ConfigureAwait(false);
        if (checkpoint.Size > size)
            throw new InvalidDataException(
                $"The log ends at position {size}; the checkpoint covers {checkpoint.Size}.");
        if (!(await _tree.RootAsync(checkpoint.Size, cancel).ConfigureAwait(false)).AsSpan()
            .SequenceEqual(checkpoint.Root.Span))
            throw new InvalidDataException("The log is not that of the checkpoint: 'optrack audit verify' tells more.");

        await using var connection = await database.OpenAsync(cancel).ConfigureAwait(false);
        var rows = await AuditReader.ReadStreamAsync(database, connection, id.Value, cancel).ConfigureAwait(false);
        var proofs = new List<EventProof>();
        foreach (var @event in rows.Select(row => row.Event).Where(item => item.Seal?.Position <= checkpoint.Size))
        {
            var path = new List<byte[]>();
            foreach (var subtree in MerkleTree.InclusionPath(@event.Seal!.Position - 1, checkpoint.Size))
                path.Add(await _tree.HashAsync(subtree, cancel).ConfigureAwait(false));
            proofs.Add(new EventProof(@event, path));
        }

        return proofs.Count == 0 ? null : new OperationProof(id.Value, note, proofs);
    }
}
