using System.Buffers;
using System.Text.Json;

namespace OperationTracker.Core.Json;

/// <summary>
/// The canonical form (RFC 8785) of JSON as PostgreSQL prints a <c>jsonb</c>: without its spaces, members sorted by
/// name. Exact for what events hold: names in ASCII, integers of 32 bits, and strings, whose escapes are the same in
/// both.
/// </summary>
public static class CanonicalJson
{
    /// <summary>The canonical form of a jsonb's text.</summary>
    /// <exception cref="JsonException">The text is not JSON.</exception>
    public static byte[] OfJsonb(ReadOnlySpan<byte> text)
    {
        var target = new ArrayBufferWriter<byte>(text.Length);
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = 1000 });
        reader.Read();
        Copy(ref reader, text, target);
        return target.WrittenSpan.ToArray();
    }

    private static void Copy(ref Utf8JsonReader reader, ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                CopyObject(ref reader, text, target);
                break;
            case JsonTokenType.StartArray:
                target.Write("["u8);
                for (var first = true; reader.Read() && reader.TokenType != JsonTokenType.EndArray; first = false)
                {
                    if (!first)
                        target.Write(","u8);
                    Copy(ref reader, text, target);
                }

                target.Write("]"u8);
                break;
            default:
                target.Write(text[(int)reader.TokenStartIndex..(int)reader.BytesConsumed]);
                break;
        }
    }

    /// <summary>Copies the members one behind the other, then puts them in order where they are not.</summary>
    private static void CopyObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> text, ArrayBufferWriter<byte> target)
    {
        target.Write("{"u8);
        var begin = target.WrittenCount;
        var members = new List<Member>();
        var isSorted = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (members.Count > 0)
                target.Write(","u8);
            var start = target.WrittenCount;
            target.Write(
                text[(int)reader.TokenStartIndex..(int)(reader.TokenStartIndex + reader.ValueSpan.Length + 2)]);
            var name = target.WrittenCount - start;
            target.Write(":"u8);
            reader.Read();
            Copy(ref reader, text, target);
            var member = new Member(start, target.WrittenCount - start, name);
            isSorted &= members.Count == 0 || Compare(target.WrittenSpan, members[^1], member) < 0;
            members.Add(member);
        }

        if (!isSorted)
            Sort(members, target, begin);
        target.Write("}"u8);
    }

    private static void Sort(List<Member> members, ArrayBufferWriter<byte> target, int begin)
    {
        var copy = target.WrittenSpan.ToArray();
        members.Sort((one, other) => Compare(copy, one, other));
        var place = System.Runtime.InteropServices.MemoryMarshal.AsMemory(target.WrittenMemory).Span[begin..];
        for (var i = 0; i < members.Count; i++)
        {
            if (i > 0)
            {
                place[0] = (byte)',';
                place = place[1..];
            }

            copy.AsSpan(members[i].Start, members[i].Length).CopyTo(place);
            place = place[members[i].Length..];
        }
    }

    /// <summary>By the names without their quotation marks, the last of which would count as a character.</summary>
    private static int Compare(ReadOnlySpan<byte> bytes, Member one, Member other) =>
        bytes.Slice(one.Start + 1, one.NameLength - 2).SequenceCompareTo(
            bytes.Slice(other.Start + 1, other.NameLength - 2));

    private readonly record struct Member(int Start, int Length, int NameLength);
}
