using System.Formats.Tar;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OperationTracker.Core.Bundle;

/// <summary>Reads the parts of a bundle one after the other; no more of it is held than a line.</summary>
public static class BundleReader
{
    private const int TarBlock = 512;

    /// <summary>All parts from the beginning, each with the place in the file where it ends.</summary>
    /// <exception cref="InvalidDataException">The file is no tar file from there on.</exception>
    /// <exception cref="EndOfStreamException">The file ends within a part.</exception>
    public static async IAsyncEnumerable<(TarEntry Entry, long End)> EntriesAsync(
        FileStream file, [EnumeratorCancellation] CancellationToken cancel)
    {
        file.Seek(0, SeekOrigin.Begin);
        await using var tar = new TarReader(file, leaveOpen: true);
        while (await tar.GetNextEntryAsync(copyData: false, cancel).ConfigureAwait(false) is { } entry)
        {
            var end = entry.DataOffset + ((entry.Length + TarBlock - 1) / TarBlock * TarBlock);
            if (end > file.Length)
                throw new EndOfStreamException();
            yield return (entry, end);
        }
    }

    /// <summary>
    /// The lines of all segments of a folder, in order, each with the segment's name and its number there.
    /// </summary>
    public static async IAsyncEnumerable<BundleLine> LinesAsync(
        string path, string folder, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var file = Open(path);
        await foreach (var (entry, _) in EntriesAsync(file, cancel).ConfigureAwait(false))
        {
            if (!entry.Name.StartsWith(folder, StringComparison.Ordinal) || entry.DataStream is null)
                continue;
            using var reader = new StreamReader(entry.DataStream, Encoding.UTF8, false, 1 << 16, leaveOpen: true);
            for (var number = 1; await reader.ReadLineAsync(cancel).ConfigureAwait(false) is { } text; number++)
                yield return new BundleLine(entry.Name, number, text);
        }
    }

    /// <summary>A small part as text; null when there is none of the name.</summary>
    public static async Task<string?> TextAsync(string path, string name, CancellationToken cancel)
    {
        await using var file = Open(path);
        await foreach (var (entry, _) in EntriesAsync(file, cancel).ConfigureAwait(false))
        {
            if (entry.Name != name || entry.DataStream is null)
                continue;
            using var reader = new StreamReader(entry.DataStream, Encoding.UTF8);
            return await reader.ReadToEndAsync(cancel).ConfigureAwait(false);
        }

        return null;
    }

    /// <summary>Opens a bundle to be read.</summary>
    public static FileStream Open(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.Read, BufferSize = 1 << 16,
        Options = FileOptions.Asynchronous | FileOptions.SequentialScan,
    });

    internal static async Task<string> HashAsync(TarEntry entry, CancellationToken cancel) => Convert.ToHexStringLower(
        entry.DataStream is null
            ? SHA256.HashData([])
            : await SHA256.HashDataAsync(entry.DataStream, cancel).ConfigureAwait(false));
}

/// <summary>A line of a segment.</summary>
/// <param name="Part">The segment.</param>
/// <param name="Number">The line's number in it, from 1.</param>
/// <param name="Text">The line.</param>
public sealed record BundleLine(string Part, int Number, string Text)
{
    /// <summary>The line as JSON.</summary>
    /// <exception cref="BundleException">It is none.</exception>
    public JsonDocument Json()
    {
        try
        {
            return JsonDocument.Parse(Text, new JsonDocumentOptions { MaxDepth = 1000 });
        }
        catch (JsonException fault)
        {
            throw new BundleException($"{this}: no JSON.", fault);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Part}, line {Number}";
}
