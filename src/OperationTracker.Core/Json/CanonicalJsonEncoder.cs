using System.Buffers;
using System.Text.Encodings.Web;

namespace OperationTracker.Core.Json;

/// <summary>
/// Escapes what RFC 8785 escapes and nothing else: the quotation mark, the backslash, and the control characters, with
/// their short forms where they have one. All other text, non-ASCII included, stands as itself. Answers' bytes, and so
/// their ETags, depend on it; the encoders of the base library escape more, and other things in other versions.
/// </summary>
public sealed unsafe class CanonicalJsonEncoder : JavaScriptEncoder
{
    private const int FirstUnescaped = 0x20;
    private const string HexDigits = "0123456789abcdef";

    private static readonly SearchValues<char> EscapedCharacters = SearchValues.Create(
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014"
        + "\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\"\\");

    private static readonly SearchValues<byte> EscapedBytes = SearchValues.Create(
        [.. Enumerable.Range(0, FirstUnescaped).Select(value => (byte)value), (byte)'"', (byte)'\\']);

    /// <summary>The encoder; it has no state.</summary>
    public static CanonicalJsonEncoder Instance { get; } = new();

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) =>
        unicodeScalar < FirstUnescaped || unicodeScalar is '"' or '\\';

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncode(char* text, int textLength) =>
        new ReadOnlySpan<char>(text, textLength).IndexOfAny(EscapedCharacters);

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) =>
        utf8Text.IndexOfAny(EscapedBytes);

    /// <inheritdoc/>
    public override bool TryEncodeUnicodeScalar(
        int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var target = new Span<char>(buffer, bufferLength);
        var shortForm = unicodeScalar switch
        {
            '"' => '"',
            '\\' => '\\',
            '\b' => 'b',
            '\f' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => '\0',
        };
        numberOfCharactersWritten = shortForm != '\0' ? 2 : 6;
        if (bufferLength < numberOfCharactersWritten)
        {
            numberOfCharactersWritten = 0;
            return false;
        }

        target[0] = '\\';
        if (shortForm != '\0')
        {
            target[1] = shortForm;
            return true;
        }

        target[1] = 'u';
        target[2] = HexDigits[(unicodeScalar >> 12) & 0xf];
        target[3] = HexDigits[(unicodeScalar >> 8) & 0xf];
        target[4] = HexDigits[(unicodeScalar >> 4) & 0xf];
        target[5] = HexDigits[unicodeScalar & 0xf];
        return true;
    }
}
