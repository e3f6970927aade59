using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using OperationTracker.Core.Audit;

namespace OperationTracker.Core.Bundle;

/// <summary>What a bundle holds.</summary>
/// <param name="Checkpoint">The head of the log that it was taken from.</param>
/// <param name="IsSigned">Whether the checkpoint's signature was checked.</param>
/// <param name="Operations">Streams in it.</param>
/// <param name="Events">Events in it.</param>
/// <param name="IsWhole">Whether it is of the whole log up to the checkpoint.</param>
public sealed record BundleContents(Checkpoint Checkpoint, bool IsSigned, long Operations, long Events, bool IsWhole);

/// <summary>
/// Checks a bundle from its first byte to its last: that the file is as it was written, that its events are those of
/// the log at the checkpoint, each stream whole up to it, and that the checkpoint is signed. Memory grows with the
/// operations in it, not with their events.
/// </summary>
public sealed class BundleCheck(string path)
{
    /// <summary>Checks everything.</summary>
    /// <param name="key">The log's public key; null to leave the signature unchecked.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="BundleException">It is not as it was written; the message names the first place.</exception>
    public async Task<BundleContents> RunAsync(ECDsa? key, CancellationToken cancel)
    {
        try
        {
            await CheckFileAsync(cancel).ConfigureAwait(false);
            var checkpoint = await CheckpointAsync(key, cancel).ConfigureAwait(false);
            var header = await HeaderAsync(path, cancel).ConfigureAwait(false);
            var isWhole = !header.GetProperty("selection").GetBoolean();
            await CheckTreeAsync(checkpoint, isWhole, cancel).ConfigureAwait(false);
            var (operations, events) = await CheckEventsAsync(checkpoint, isWhole, cancel).ConfigureAwait(false);
            return new BundleContents(checkpoint, key is not null, operations, events, isWhole);
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException or FormatException
            or KeyNotFoundException or InvalidOperationException or JsonException)
        {
            throw new BundleException("The file is not a bundle: " + fault.Message, fault);
        }
    }

    /// <summary>What the bundle says of itself.</summary>
    /// <exception cref="BundleException">It says nothing, or is of another format.</exception>
    public static async Task<JsonElement> HeaderAsync(string path, CancellationToken cancel)
    {
        var text = await BundleReader.TextAsync(path, BundleParts.Header, cancel).ConfigureAwait(false)
            ?? throw new BundleException($"The file has no {BundleParts.Header}: it is not a bundle.");
        var header = JsonDocument.Parse(text).RootElement;
        return header.GetProperty("format").GetString() == BundleParts.Format
            ? header
            : throw new BundleException($"{BundleParts.Header}: the format is not {BundleParts.Format}.");
    }

    /// <summary>
    /// Compares the seal first: only a file that differs is looked through part by part, for the place.
    /// </summary>
    private async Task CheckFileAsync(CancellationToken cancel)
    {
        await using var file = BundleReader.Open(path);
        var tail = new byte[BundleWriter.Tail(new byte[SHA256.HashSizeInBytes]).Length];
        if (file.Length < tail.Length)
            throw new BundleException("The file is too short to be a bundle.");
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 16];
        for (var left = file.Length - tail.Length; left > 0;)
        {
            var length = await file.ReadAsync(
                buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancel).ConfigureAwait(false);
            hash.AppendData(buffer, 0, length);
            left -= length;
        }

        await file.ReadExactlyAsync(tail, cancel).ConfigureAwait(false);
        if (!tail.AsSpan().SequenceEqual(BundleWriter.Tail(hash.GetHashAndReset())))
            throw new BundleException(
                $"The bundle was changed, or broken off: {await PlaceAsync(file, cancel).ConfigureAwait(false)}.");
    }

    private static async Task<string> PlaceAsync(FileStream file, CancellationToken cancel)
    {
        var last = "its beginning";
        try
        {
            var hashes = new Dictionary<string, string>(StringComparer.Ordinal);
            await foreach (var (entry, _) in BundleReader.EntriesAsync(file, cancel).ConfigureAwait(false))
            {
                last = entry.Name;
                if (entry.Name != BundleParts.Manifest)
                {
                    hashes[entry.Name] = await BundleReader.HashAsync(entry, cancel).ConfigureAwait(false);
                    continue;
                }

                using var manifest = await JsonDocument.ParseAsync(
                    entry.DataStream!, default, cancel).ConfigureAwait(false);
                foreach (var item in manifest.RootElement.EnumerateArray())
                {
                    var name = item.GetProperty("name").GetString()!;
                    if (!hashes.TryGetValue(name, out var hash))
                        return $"the part {name} is missing";
                    if (hash != item.GetProperty("sha256").GetString())
                        return $"the part {name} is not the one that was written";
                }

                return $"a header of the tar file, {BundleParts.Manifest} or {BundleParts.Seal}";
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException or FormatException
            or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // The place is after the last part that could be read.
        }

        return $"at or after {last}";
    }

    private async Task<Checkpoint> CheckpointAsync(ECDsa? key, CancellationToken cancel)
    {
        var note = await BundleReader.TextAsync(path, BundleParts.Checkpoint, cancel).ConfigureAwait(false)
            ?? throw new BundleException($"The bundle has no {BundleParts.Checkpoint}.");
        try
        {
            return key is null ? Checkpoint.OfNote(note) : Checkpoint.Parse(SignedNote.Open(note, key));
        }
        catch (Exception fault) when (fault is CryptographicException or FormatException)
        {
            throw new BundleException($"{BundleParts.Checkpoint}: {fault.Message}", fault);
        }
    }

    private async Task CheckTreeAsync(Checkpoint checkpoint, bool isWhole, CancellationToken cancel)
    {
        var tree = new MerkleFrontier();
        var block = new MerkleFrontier();
        var tail = new List<byte[]>();
        var complete = checkpoint.Size / MerkleTree.BlockSize;
        var blocks = BundleReader.LinesAsync(path, BundleParts.Blocks, cancel).GetAsyncEnumerator(cancel);
        await using (blocks.ConfigureAwait(false))
        {
            var expected = 0L;
            await foreach (var (position, leaf, line) in LeavesAsync(isWhole, cancel).ConfigureAwait(false))
            {
                var index = (position - 1) / MerkleTree.BlockSize;
                if (block.Size == 0)
                    expected = (index * MerkleTree.BlockSize) + 1;
                if (position != expected++)
                    throw new BundleException($"{line}: position {expected - 1} is missing.");
                block.Append(leaf);
                if (index == complete)
                    tail.Add(leaf);
                if (block.Size < MerkleTree.BlockSize)
                    continue;
                await AppendBlocksAsync(index).ConfigureAwait(false);
                var known = await NextBlockAsync().ConfigureAwait(false);
                if (!block.Root().AsSpan().SequenceEqual(known))
                    throw new BundleException(
                        $"{line}: the events of this block are not those of the log at the checkpoint.");
                block = new MerkleFrontier();
            }

            await AppendBlocksAsync(complete).ConfigureAwait(false);
            tail.ForEach(tree.Append);
        }

        if (tree.Size != checkpoint.Size || !tree.Root().AsSpan().SequenceEqual(checkpoint.Root.Span))
            throw new BundleException($"{BundleParts.Blocks}: the tree is not the one of the checkpoint.");

        async Task AppendBlocksAsync(long to)
        {
            while (tree.Size / MerkleTree.BlockSize < to)
                await NextBlockAsync().ConfigureAwait(false);
        }

        async Task<byte[]> NextBlockAsync()
        {
            if (!await blocks.MoveNextAsync().ConfigureAwait(false))
                throw new BundleException($"{BundleParts.Blocks}: hashes are missing.");
            var hash = Convert.FromHexString(blocks.Current.Text);
            tree.Append(hash, MerkleTree.BlockHeight);
            return hash;
        }
    }

    /// <summary>Leaves as they are listed, or, in a bundle of the whole log, as its events give them.</summary>
    private async IAsyncEnumerable<(long Position, byte[] Leaf, BundleLine Line)> LeavesAsync(
        bool isWhole, [EnumeratorCancellation] CancellationToken cancel)
    {
        if (isWhole)
        {
            await foreach (var (@event, line) in EventsAsync(path, cancel).ConfigureAwait(false))
                yield return (@event.Seal!.Position, @event.LeafHash(), line);
            yield break;
        }

        await foreach (var line in BundleReader.LinesAsync(path, BundleParts.Leaves, cancel).ConfigureAwait(false))
        {
            var space = line.Text.IndexOf(' ', StringComparison.Ordinal);
            yield return (
                long.Parse(line.Text.AsSpan(0, space), null), Convert.FromHexString(line.Text.AsSpan(space + 1)), line);
        }
    }

    private async Task<(long Operations, long Events)> CheckEventsAsync(
        Checkpoint checkpoint, bool isWhole, CancellationToken cancel)
    {
        var streams = new Dictionary<string, StreamAudit>(StringComparer.Ordinal);
        var place = default(BundleLine);
        var events = 0L;
        var leaves = LeavesAsync(isWhole, cancel).GetAsyncEnumerator(cancel);
        await using (leaves.ConfigureAwait(false))
        {
            await foreach (var (@event, line) in EventsAsync(path, cancel).ConfigureAwait(false))
            {
                place = line;
                events++;
                if (!streams.TryGetValue(@event.StreamId, out var stream))
                    streams.Add(@event.StreamId, stream = new StreamAudit(@event.StreamId, Refuse));
                stream.Add(@event);
                while (leaves.Current.Position < @event.Seal!.Position
                    && await leaves.MoveNextAsync().ConfigureAwait(false))
                {
                }

                if (@event.Seal.Position > checkpoint.Size || leaves.Current.Position != @event.Seal.Position
                    || !leaves.Current.Leaf.AsSpan().SequenceEqual(@event.LeafHash()))
                    throw new BundleException($"{line}: the event is not the one at its position of the log.");
            }
        }

        var operations = 0L;
        await foreach (var line in BundleReader.LinesAsync(path, BundleParts.Operations, cancel).ConfigureAwait(false))
        {
            place = line;
            operations++;
            using var json = line.Json();
            if (!streams.Remove(json.RootElement.GetProperty("stream_id").GetString()!, out var stream))
                throw new BundleException($"{line}: the operation has no events here.");
            stream.End(json.RootElement.GetProperty("version").GetInt64());
        }

        return streams.Count == 0
            ? (operations, events)
            : throw new BundleException($"{BundleParts.Operations}: {streams.Keys.First()} is missing.");

        void Refuse(AuditFinding finding) =>
            throw new BundleException($"{place}: version {finding.Version} of {finding.StreamId}: {finding.Detail}.");
    }

    /// <summary>The events of a bundle, in the order of positions.</summary>
    public static async IAsyncEnumerable<(AuditedEvent Event, BundleLine Line)> EventsAsync(
        string path, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var line in BundleReader.LinesAsync(path, BundleParts.Events, cancel).ConfigureAwait(false))
        {
            using var json = line.Json();
            AuditedEvent @event;
            try
            {
                @event = AuditedEventJson.Read(json.RootElement);
            }
            catch (FormatException fault)
            {
                throw new BundleException($"{line}: {fault.Message}", fault);
            }

            yield return (@event, line);
        }
    }
}
