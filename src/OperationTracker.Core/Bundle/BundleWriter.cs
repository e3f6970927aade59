using System.Buffers;
using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Bundle;

/// <summary>
/// Writes a bundle part by part. Each part is on disk before the next is begun. The bytes depend on the parts alone: no
/// time and no owner stand in the file's headers.
/// </summary>
public sealed class BundleWriter : IDisposable
{
    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Bytes of zeros that end a tar file.</summary>
    private const int EndOfArchive = 1024;

    private readonly FileStream _file;
    private readonly TarWriter _tar;
    private readonly ArrayBufferWriter<byte> _segment = new();
    private bool _finished;

    private BundleWriter(FileStream file)
    {
        _file = file;
        _tar = new TarWriter(file, TarEntryFormat.Ustar, leaveOpen: true);
    }

    /// <summary>Begins a bundle in an empty file, or goes on at the end of what was cut to whole parts.</summary>
    public static BundleWriter AtEndOf(FileStream file)
    {
        file.Seek(0, SeekOrigin.End);
        return new BundleWriter(file);
    }

    /// <summary>
    /// Cuts a bundle that was broken off to what can be kept: the parts up to the last whole segment of events.
    /// </summary>
    /// <returns>The position of the last event that is kept; null when there is nothing to go on with.</returns>
    /// <exception cref="BundleException">The file is none of ours, or a finished bundle.</exception>
    public static async Task<long?> CutToResumeAsync(FileStream file, CancellationToken cancel)
    {
        var kept = 0L;
        long? last = null;
        try
        {
            await foreach (var (entry, end) in BundleReader.EntriesAsync(file, cancel).ConfigureAwait(false))
            {
                if (entry.Name == BundleParts.Seal && file.Length >= end + EndOfArchive)
                    throw new BundleException("The bundle is finished; there is nothing to resume.");
                if (last is null && (entry.Name is BundleParts.Header or BundleParts.Checkpoint
                    || entry.Name.StartsWith(BundleParts.Selection, StringComparison.Ordinal)))
                    kept = end;
                if (entry.Name.StartsWith(BundleParts.Events, StringComparison.Ordinal))
                    (kept, last) = (end, PositionOf(entry.Name));
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException or FormatException)
        {
            // Broken off here.
        }

        file.SetLength(kept);
        return last;
    }

    /// <summary>Writes a part.</summary>
    public void Add(string name, ReadOnlyMemory<byte> content)
    {
        _tar.WriteEntry(Entry(name, content));
        _file.Flush(flushToDisk: true);
    }

    /// <summary>Adds a line to the segment that grows; true when it is large enough to be written.</summary>
    public bool AddLine(ReadOnlySpan<byte> line)
    {
        _segment.Write(line);
        _segment.Write("\n"u8);
        return _segment.WrittenCount >= BundleParts.SegmentBytes;
    }

    /// <summary>Writes the segment that has grown, if there is anything in it.</summary>
    /// <param name="folder">One of <see cref="BundleParts"/> that end with a slash.</param>
    /// <param name="number">Its number: of the last position in it, or in its folder.</param>
    public void EndSegment(string folder, long number)
    {
        if (_segment.WrittenCount == 0)
            return;
        Add($"{folder}{number.ToString("D12", CultureInfo.InvariantCulture)}", _segment.WrittenMemory);
        _segment.ResetWrittenCount();
    }

    /// <summary>Writes the manifest and the seal. Nothing can be added then.</summary>
    public async Task FinishAsync(CancellationToken cancel)
    {
        var parts = new List<(string Name, long Size, string Hash)>();
        await foreach (var (entry, _) in BundleReader.EntriesAsync(_file, cancel).ConfigureAwait(false))
            parts.Add((entry.Name, entry.Length, await BundleReader.HashAsync(entry, cancel).ConfigureAwait(false)));
        _file.Seek(0, SeekOrigin.End);
        Add(BundleParts.Manifest, JsonBuffer.ToBytes(parts, static (writer, items) =>
        {
            writer.WriteStartArray();
            foreach (var (name, size, hash) in items)
            {
                writer.WriteStartObject();
                writer.WriteString("name", name);
                writer.WriteNumber("size", size);
                writer.WriteString("sha256", hash);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }));
        _file.Seek(0, SeekOrigin.Begin);
        var hash = await SHA256.HashDataAsync(_file, cancel).ConfigureAwait(false);
        _file.Seek(0, SeekOrigin.End);
        await _file.WriteAsync(Tail(hash), cancel).ConfigureAwait(false);
        _file.Flush(flushToDisk: true);
        _finished = true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The library's writer would end the archive, whole or not; the tail has done it where it is whole.
        if (_finished)
            _file.Seek(0, SeekOrigin.End);
        _file.Dispose();
    }

    /// <summary>The last bytes of a bundle of which all others have this hash.</summary>
    internal static byte[] Tail(byte[] hash)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
            tar.WriteEntry(Entry(BundleParts.Seal, Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash) + "\n")));
        return bytes.ToArray();
    }

    private static long PositionOf(string name) =>
        long.Parse(name.AsSpan(BundleParts.Events.Length), NumberStyles.None, CultureInfo.InvariantCulture);

    private static UstarTarEntry Entry(string name, ReadOnlyMemory<byte> content) => new(TarEntryType.RegularFile, name)
    {
        Mode = Mode,
        ModificationTime = DateTimeOffset.UnixEpoch,
        DataStream = new MemoryStream(content.ToArray(), writable: false),
    };
}
