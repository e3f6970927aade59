using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace OperationTracker.Core.Audit;

/// <summary>
/// The values of an event that may be redacted: the strings under <c>uri</c>, <c>body</c>, <c>sub_status</c> and
/// <c>json</c> (the text of a member that the contract does not name, or of a patch's value), numbered from 0 in the
/// order of the canonical form. Names, ids, times, statuses and codes are not among them: they are what the history is
/// found by.
/// </summary>
public static class SealedValues
{
    /// <summary>Reads the values of an event.</summary>
    /// <param name="data">Its data in canonical form (RFC 8785).</param>
    public static IReadOnlyList<byte[]> Of(ReadOnlySpan<byte> data)
    {
        var values = new List<byte[]>();
        var reader = new Utf8JsonReader(data, Options);
        while (MoveToNext(ref reader))
            values.Add(ValueOf(ref reader).ToArray());
        return values;
    }

    /// <summary>
    /// Writes the event's data with <c>{"sha256":"…"}</c>, the commitment in lower-case hexadecimal, in the place of
    /// each of these values.
    /// </summary>
    internal static void WriteSkeleton(ReadOnlySpan<byte> data, EventOpenings openings, IBufferWriter<byte> target)
    {
        var reader = new Utf8JsonReader(data, Options);
        Span<byte> commitment = stackalloc byte[SHA256.HashSizeInBytes];
        var written = 0;
        for (var index = 0; MoveToNext(ref reader); index++)
        {
            target.Write(data[written..(int)reader.TokenStartIndex]);
            written = (int)reader.BytesConsumed;
            if (reader.HasValueSequence || reader.ValueIsEscaped)
                openings.Commit(index, Unescape(ref reader), commitment);
            else
                openings.Commit(index, reader.ValueSpan, commitment);
            WriteCommitment(commitment, target);
        }

        target.Write(data[written..]);
    }

    /// <summary>Replaces some of the values.</summary>
    /// <param name="data">The event's data in canonical form.</param>
    /// <param name="replacements">The new texts by the numbers of the values.</param>
    public static byte[] Replace(ReadOnlySpan<byte> data, IReadOnlyDictionary<int, string> replacements)
    {
        var target = new ArrayBufferWriter<byte>(data.Length);
        var reader = new Utf8JsonReader(data, Options);
        var written = 0;
        for (var index = 0; MoveToNext(ref reader); index++)
        {
            if (!replacements.TryGetValue(index, out var text))
                continue;
            target.Write(data[written..(int)reader.TokenStartIndex]);
            written = (int)reader.BytesConsumed;
            using var writer = new Utf8JsonWriter(target, Json.JsonValueText.WriterOptions);
            writer.WriteStringValue(text);
        }

        target.Write(data[written..]);
        return target.WrittenSpan.ToArray();
    }

    private static JsonReaderOptions Options => new() { MaxDepth = 1000 };

    /// <summary>Goes on to the next value that may be redacted.</summary>
    private static bool MoveToNext(ref Utf8JsonReader reader)
    {
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !IsSealed(reader.ValueSpan))
                continue;
            if (reader.Read() && reader.TokenType == JsonTokenType.String)
                return true;
        }

        return false;
    }

    private static bool IsSealed(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 => name.SequenceEqual("uri"u8),
        4 => name.SequenceEqual("body"u8) || name.SequenceEqual("json"u8),
        10 => name.SequenceEqual("sub_status"u8),
        _ => false,
    };

    private static ReadOnlySpan<byte> ValueOf(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Unescape(ref reader) : reader.ValueSpan;

    private static ReadOnlySpan<byte> Unescape(ref Utf8JsonReader reader)
    {
        var value = new byte[reader.ValueSpan.Length];
        return value.AsSpan(0, reader.CopyString(value));
    }

    private static void WriteCommitment(ReadOnlySpan<byte> commitment, IBufferWriter<byte> target)
    {
        target.Write("{\"sha256\":\""u8);
        Convert.TryToHexStringLower(commitment, target.GetSpan(2 * commitment.Length), out var length);
        target.Advance(length);
        target.Write("\"}"u8);
    }
}
