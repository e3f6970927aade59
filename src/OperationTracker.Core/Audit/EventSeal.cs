using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OperationTracker.Core.Json;

namespace OperationTracker.Core.Audit;

/// <summary>All of an event that is hashed but the time and the place, which only the database knows.</summary>
/// <param name="StreamId">Its stream.</param>
/// <param name="Version">Its place in the stream.</param>
/// <param name="Id">Its id.</param>
/// <param name="Type">The alias of its kind.</param>
/// <param name="DotNetType">What stands in <c>mt_dotnet_type</c>.</param>
/// <param name="Data">
/// Its data: canonical (RFC 8785) UTF-8, or as the database prints them where the database sealed it.
/// </param>
/// <param name="CausationId">What stands in <c>causation_id</c>.</param>
/// <param name="CorrelationId">What stands in <c>correlation_id</c>.</param>
/// <param name="UserName">What stands in <c>user_name</c>.</param>
/// <param name="Headers">Its headers, in the form of <paramref name="Data"/>.</param>
public readonly record struct EventContent(
    string StreamId, long Version, Guid Id, string Type, string? DotNetType, ReadOnlyMemory<byte> Data,
    string? CausationId, string? CorrelationId, string? UserName, ReadOnlyMemory<byte>? Headers);

/// <summary>
/// The hashes that prove an event. Its content is hashed by who appended it; the link of its stream's chain by the
/// database, with the time; the leaf of the log's tree from the link and the sequence number. All are SHA-256.
/// </summary>
public static class EventSeal
{
    /// <summary>Bytes of every hash.</summary>
    public const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>PostgreSQL counts microseconds from here.</summary>
    private static readonly DateTimeOffset Epoch = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    /// <summary>The link before a stream's first.</summary>
    public static byte[] NoLink() => new byte[HashLength];

    /// <summary>
    /// Form 1, that of the tracker's own events: over the canonical JSON of <c>{causation_id, correlation_id, data,
    /// dotnet_type, headers, id, stream_id, type, user_name, version}</c>, with the commitments of
    /// <see cref="SealedValues"/> in the data.
    /// </summary>
    public static byte[] ContentOf(in EventContent content, EventOpenings openings)
    {
        var buffer = _buffer ?? new ArrayBufferWriter<byte>(2048);
        _buffer = null;
        buffer.ResetWrittenCount();
        WriteText(buffer, "{\"causation_id\":"u8, content.CausationId);
        WriteText(buffer, ",\"correlation_id\":"u8, content.CorrelationId);
        buffer.Write(",\"data\":"u8);
        SealedValues.WriteSkeleton(content.Data.Span, openings, buffer);
        WriteText(buffer, ",\"dotnet_type\":"u8, content.DotNetType);
        buffer.Write(",\"headers\":"u8);
        buffer.Write(content.Headers is { } headers ? headers.Span : "null"u8);
        buffer.Write(",\"id\":\""u8);
        content.Id.TryFormat(buffer.GetSpan(36), out var length);
        buffer.Advance(length);
        WriteText(buffer, "\",\"stream_id\":"u8, content.StreamId);
        WriteText(buffer, ",\"type\":"u8, content.Type);
        WriteText(buffer, ",\"user_name\":"u8, content.UserName);
        buffer.Write(",\"version\":"u8);
        content.Version.TryFormat(buffer.GetSpan(20), out length);
        buffer.Advance(length);
        buffer.Write("}"u8);
        var hash = SHA256.HashData(buffer.WrittenSpan);
        if (buffer.Capacity <= KeptBytes)
            _buffer = buffer;
        return hash;
    }

    /// <summary>
    /// Form 0, that of events which the database sealed: over the secret and ten fields, each UTF-8 with its length in
    /// bytes before it in four bytes, -1 for null: stream_id, version, id, type, mt_dotnet_type, data, causation_id,
    /// correlation_id, user_name, headers, the JSON of data and headers as PostgreSQL prints it.
    /// </summary>
    public static byte[] PlainContentOf(in EventContent content, ReadOnlySpan<byte> secret)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(secret);
        AddField(hash, content.StreamId);
        AddField(hash, content.Version.ToString(null, null));
        AddField(hash, content.Id.ToString());
        AddField(hash, content.Type);
        AddField(hash, content.DotNetType);
        AddField(hash, content.Data);
        AddField(hash, content.CausationId);
        AddField(hash, content.CorrelationId);
        AddField(hash, content.UserName);
        AddField(hash, content.Headers);
        return hash.GetHashAndReset();
    }

    /// <summary>The link of an event: over the link before, the content's hash, and the time.</summary>
    /// <param name="before">The link of the stream's event before; <see cref="NoLink"/> for the first.</param>
    /// <param name="content">The content's hash.</param>
    /// <param name="timestamp">
    /// When it was appended: microseconds since 2000 in UTC, eight bytes, the highest first.
    /// </param>
    public static byte[] LinkOf(ReadOnlySpan<byte> before, ReadOnlySpan<byte> content, DateTimeOffset timestamp)
    {
        Span<byte> bytes = stackalloc byte[2 * HashLength + sizeof(long)];
        before.CopyTo(bytes);
        content.CopyTo(bytes[HashLength..]);
        BinaryPrimitives.WriteInt64BigEndian(
            bytes[(2 * HashLength)..], (timestamp - Epoch).Ticks / TimeSpan.TicksPerMicrosecond);
        return SHA256.HashData(bytes);
    }

    /// <summary>The leaf of an event: RFC 6962's, over the link and the sequence number in eight bytes.</summary>
    public static byte[] LeafOf(ReadOnlySpan<byte> link, long sequenceNumber)
    {
        Span<byte> bytes = stackalloc byte[HashLength + sizeof(long)];
        link.CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes[HashLength..], sequenceNumber);
        return MerkleTree.LeafHash(bytes);
    }

    /// <summary>Bytes above which a thread lets go of its buffer.</summary>
    private const int KeptBytes = 512 * 1024;

    private static void WriteText(ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> name, string? text)
    {
        buffer.Write(name);
        if (text is null)
        {
            buffer.Write("null"u8);
            return;
        }

        buffer.Write("\""u8);
        if (text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 && text.AsSpan().IndexOfAny('"', '\\') < 0)
            buffer.Advance(Encoding.UTF8.GetBytes(text, buffer.GetSpan(text.Length)));
        else
            buffer.Write(JsonEncodedText.Encode(text, CanonicalJsonEncoder.Instance).EncodedUtf8Bytes);
        buffer.Write("\""u8);
    }

    private static void AddField(IncrementalHash hash, string? field) =>
        AddField(hash, field is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(field));

    private static void AddField(IncrementalHash hash, ReadOnlyMemory<byte>? field)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, field?.Length ?? -1);
        hash.AppendData(length);
        if (field is { } bytes)
            hash.AppendData(bytes.Span);
    }
}
