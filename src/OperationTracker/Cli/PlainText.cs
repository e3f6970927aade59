using System.Globalization;
using System.Text;

namespace OperationTracker.Cli;

/// <summary>
/// Text from elsewhere, made safe to show. A terminal obeys control characters: a document could move the cursor,
/// rename the window or hide its neighbours. Here they are shown as JSON would write them.
/// </summary>
internal static class PlainText
{
    /// <summary>One line: line breaks and tabs are escaped too.</summary>
    public static string Escape(string text) => Escape(text, keep: "");

    /// <summary>Many lines, for documents whose line breaks are their own.</summary>
    public static string EscapeLines(string text) => Escape(text, keep: "\n\t");

    /// <summary>At most <paramref name="limit"/> characters, and how many there were when some were left out.</summary>
    public static string Cut(string text, int limit)
    {
        if (text.Length <= limit) return text;
        var end = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return $"{text[..end]}… ({text.Length} characters)";
    }

    private static string Escape(string text, string keep)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsUnsafe(rune) || (rune.IsBmp && keep.Contains((char)rune.Value))) safe.Append(rune);
            else safe.Append(EscapeOf(rune));
        }
        return safe.ToString();
    }

    /// <summary>Besides C0 and C1: what reverses the direction of writing or cannot be seen at all.</summary>
    private static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        UnicodeCategory.Format => rune.Value is not (ZeroWidthNonJoiner or ZeroWidthJoiner),
        _ => false,
    };

    private const int ZeroWidthNonJoiner = 0x200C;
    private const int ZeroWidthJoiner = 0x200D;

    private static string EscapeOf(Rune rune) => rune.Value switch
    {
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        _ => string.Concat(rune.ToString().Select(unit => $@"\u{(int)unit:x4}")),
    };
}
