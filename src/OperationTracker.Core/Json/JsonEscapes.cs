using System.Buffers.Text;
using System.Globalization;

namespace OperationTracker.Core.Json;

/// <summary>
/// Finds in the escapes of a JSON string what no store can hold: U+0000, which PostgreSQL's text refuses, and halves of
/// surrogate pairs, which are no characters. The base library accepts the first and throws at the second.
/// </summary>
internal static class JsonEscapes
{
    /// <summary>
    /// What is wrong with a string, as its raw bytes between the quotation marks; null when nothing is. The bytes are
    /// known to be valid UTF-8 and validly escaped.
    /// </summary>
    public static string? DescribeFault(ReadOnlySpan<byte> raw)
    {
        var highSurrogate = false;
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                if (highSurrogate)
                    return LoneSurrogate;
                continue;
            }

            if (raw[++i] != 'u')
            {
                if (highSurrogate)
                    return LoneSurrogate;
                continue;
            }

            var unit = (char)ushort.Parse(raw.Slice(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            i += 4;
            if (char.IsLowSurrogate(unit) != highSurrogate)
                return LoneSurrogate;
            if (unit == '\0')
                return "holds U+0000, which cannot be stored";
            highSurrogate = char.IsHighSurrogate(unit);
        }

        return highSurrogate ? LoneSurrogate : null;
    }

    private const string LoneSurrogate = "holds half of a surrogate pair, which is not a character";
}
